package display

import (
	"cmp"
	"fmt"
	"maps"
	"slices"

	"github.com/dustin/go-humanize"

	"trawl/crawl"
)

const (
	maxLabel  = 72 // cells
	firstKind = 14 // cells of a label in the first of two columns, at least
)

// byCount puts the commonest first.
func byCount(groups []crawl.FailureGroup) []crawl.FailureGroup {
	slices.SortStableFunc(groups, func(a, b crawl.FailureGroup) int { return cmp.Compare(b.Count, a.Count) })
	return groups
}

// firstKinds cuts the list, and says how many it leaves out.
func firstKinds(groups []crawl.FailureGroup, n int) (first []crawl.FailureGroup, more int) {
	if len(groups) <= n {
		return groups, 0
	}
	return groups[:n], len(groups) - n
}

// kindTexts are counts, aligned at their right, and labels of groups.
func kindTexts(groups []crawl.FailureGroup) (counts, labels []string) {
	for _, g := range groups {
		counts = append(counts, humanize.Comma(g.Count))
		labels = append(labels, clip(Clean(g.Label), maxLabel))
	}
	width := widest(counts)
	for i := range counts {
		counts[i] = cells.FillLeft(counts[i], width)
	}
	return counts, labels
}

// columns lists groups in two columns, or in one if two are too wide.
func columns(groups []crawl.FailureGroup) (lines []string) {
	rows := (len(groups) + 1) / 2
	leftCounts, leftLabels := kindTexts(groups[:rows])
	rightCounts, rightLabels := kindTexts(groups[rows:])
	left := max(firstKind, widest(leftLabels))
	width := 2 + labelWidth + widest(leftCounts) + 2 + left + 2 + widest(rightCounts) + 2 + widest(rightLabels)
	if width > textWidth {
		counts, labels := kindTexts(groups)
		for i := range counts {
			lines = append(lines, counts[i]+"  "+labels[i])
		}
		return lines
	}
	for i := range rows {
		line := leftCounts[i] + "  " + leftLabels[i]
		if i < len(rightCounts) {
			line = fmt.Sprintf("%s  %s  %s  %s", leftCounts[i], cells.FillRight(leftLabels[i], left), rightCounts[i], rightLabels[i])
		}
		lines = append(lines, line)
	}
	return lines
}

func sortedKeys(counts map[string]int64) []string { return slices.Sorted(maps.Keys(counts)) }
