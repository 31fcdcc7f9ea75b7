package fetch

import (
	"slices"
	"testing"
)

func TestStatusSetHasWhatWasAskedFor(t *testing.T) {
	for _, test := range []struct {
		text    string
		has     []int
		hasNot  []int
		printed string
	}{
		{"200", []int{200}, []int{199, 201, 404}, "200"},
		{"200-299,404", []int{200, 250, 299, 404}, []int{199, 300, 403, 405}, "200-299,404"},
		{" 301 - 302 , 500", []int{301, 302, 500}, []int{300, 303, 200}, "301-302,500"},
		{"100-599", []int{100, 599}, []int{0, 99, 600}, "100-599"},
	} {
		set, err := ParseStatusSet(test.text)
		if err != nil {
			t.Fatalf("ParseStatusSet(%q): %v", test.text, err)
		}
		if set.String() != test.printed {
			t.Errorf("ParseStatusSet(%q).String() = %q, want %q", test.text, set, test.printed)
		}
		if slices.ContainsFunc(test.has, func(s int) bool { return !set.Has(s) }) || slices.ContainsFunc(test.hasNot, set.Has) {
			t.Errorf("%q has not exactly its statuses", test.text)
		}
	}
}

func TestZeroStatusSetIsSuccess(t *testing.T) {
	var set StatusSet
	for status := range 700 {
		if want := status/100 == 2; set.Has(status) != want {
			t.Errorf("Has(%d) = %t, want %t", status, !want, want)
		}
	}
	if set.String() != "200-299" {
		t.Errorf("String() = %q, want 200-299", set)
	}
}

func TestStatusSetErrorNamesTheItem(t *testing.T) {
	for text, want := range map[string]string{
		"2xx":         `"2xx" is not a status or a range of them`,
		"":            `"" is not a status or a range of them`,
		"200,":        `"" is not a status or a range of them`,
		"200-":        `"200-" is not a status or a range of them`,
		"299-200":     `"299-200" is not a status or a range of them`,
		"200,99":      `"99" is not a status or a range of them`,
		"600":         `"600" is not a status or a range of them`,
		"200-299-300": `"200-299-300" is not a status or a range of them`,
		"+200":        `"+200" is not a status or a range of them`,
	} {
		if _, err := ParseStatusSet(text); err == nil || err.Error() != want {
			t.Errorf("ParseStatusSet(%q): %v, want %s", text, err, want)
		}
	}
}
