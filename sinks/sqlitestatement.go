package sinks

import (
	"context"
	"database/sql/driver"
	"errors"
	"io"
)

// statement is one that is prepared once and run often. It is used by one goroutine.
type statement struct {
	driver.Stmt
	args   []driver.NamedValue
	values []driver.Value // the last row
}

func (c conn) prepareStatement(s *statement, query string) error {
	stmt, err := c.Prepare(query)
	if err == nil { // else the driver's is a nil pointer
		s.Stmt = stmt
	}
	return err
}

func (s *statement) bind(args []driver.Value) []driver.NamedValue {
	if s.args == nil {
		s.args = named(args)
	}
	for i := range args {
		s.args[i].Value = args[i]
	}
	return s.args
}

func (s *statement) exec(args ...driver.Value) error {
	_, err := s.Stmt.(driver.StmtExecContext).ExecContext(context.Background(), s.bind(args))
	return err
}

// row returns the first row of an answer, until it is run again; nil if there is none.
func (s *statement) row(args ...driver.Value) ([]driver.Value, error) {
	rows, err := s.Stmt.(driver.StmtQueryContext).QueryContext(context.Background(), s.bind(args))
	if err != nil {
		return nil, err
	}
	if s.values == nil {
		s.values = make([]driver.Value, len(rows.Columns()))
	}
	row := s.values
	if err = rows.Next(row); err == io.EOF {
		row, err = nil, nil
	}
	return row, errors.Join(err, rows.Close())
}

func (s *statement) close() error {
	if s.Stmt == nil {
		return nil
	}
	err := s.Stmt.Close()
	s.Stmt = nil
	return err
}
