//! Line protocol as text becomes lines; the only place that knows the parser.

mod reason;

use influxdb_line_protocol::{FieldValue, ParsedLine, parse_lines, split_lines};

use crate::schema::{ColumnDefinition, FieldType};
use crate::write::RejectedLine;

/// Keeps every text far from the 2 GiB that Arrow's offsets can count.
const MAX_LINE_BYTES: usize = 16 << 20;

/// A parsed line.
#[derive(Debug)]
pub(crate) struct Line<'a> {
    /// Its number in the text, from 1 on.
    pub(crate) number: usize,
    /// The line as it was written.
    pub(crate) text: &'a str,
    parsed: ParsedLine<'a>,
}

/// The value of a tag or field.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(crate) enum Cell<'a> {
    Tag(&'a str),
    I64(i64),
    U64(u64),
    F64(f64),
    Boolean(bool),
    Text(&'a str),
}

impl Cell<'_> {
    /// What a column is that can hold this.
    pub(crate) fn definition(&self) -> ColumnDefinition {
        match self {
            Self::Tag(_) => ColumnDefinition::Tag,
            Self::I64(_) => ColumnDefinition::Field(FieldType::I64),
            Self::U64(_) => ColumnDefinition::Field(FieldType::U64),
            Self::F64(_) => ColumnDefinition::Field(FieldType::F64),
            Self::Boolean(_) => ColumnDefinition::Field(FieldType::Boolean),
            Self::Text(_) => ColumnDefinition::Field(FieldType::Text),
        }
    }
}

impl Line<'_> {
    pub(crate) fn table(&self) -> &str {
        &self.parsed.series.measurement
    }

    /// Tags, then fields.
    pub(crate) fn cells(&self) -> impl Iterator<Item = (&str, Cell<'_>)> {
        let tags = self.parsed.series.tag_set.iter().flatten();
        let tags = tags.map(|(name, value)| (name.as_str(), Cell::Tag(value)));
        let fields = self.parsed.field_set.iter().map(|(name, value)| {
            let cell = match value {
                FieldValue::I64(value) => Cell::I64(*value),
                FieldValue::U64(value) => Cell::U64(*value),
                FieldValue::F64(value) => Cell::F64(*value),
                FieldValue::Boolean(value) => Cell::Boolean(*value),
                FieldValue::String(value) => Cell::Text(value),
            };
            (name.as_str(), cell)
        });
        tags.chain(fields)
    }

    /// Its timestamp, in whichever unit the writer uses.
    pub(crate) fn timestamp(&self) -> Option<i64> {
        self.parsed.timestamp
    }
}

/// The lines of `text`, good and bad.
pub(crate) fn lines(text: &str) -> Lines<'_> {
    Lines { rest: text, number: 1, retries_left: text.len() }
}

/// Iterator over the lines of a text.
#[derive(Debug)]
pub(crate) struct Lines<'a> {
    rest: &'a str,
    /// The number of the line with which `rest` begins.
    number: usize,
    /// How many bytes may still be looked at twice.
    retries_left: usize,
}

impl<'a> Iterator for Lines<'a> {
    type Item = Result<Line<'a>, RejectedLine>;

    fn next(&mut self) -> Option<Self::Item> {
        // Comments are taken out here, because the parser's splitter does not
        // know them: a quote in a comment would swallow the lines behind it.
        loop {
            let content = self.rest.trim_start_matches([' ', '\t', '\r']);
            if !content.is_empty() && !content.starts_with(['#', '\n']) {
                break;
            }
            let (_, rest) = self.rest.split_once('\n')?;
            self.rest = rest;
            self.number = self.number.saturating_add(1);
        }
        let piece = split_lines(self.rest).next().unwrap_or(self.rest);
        match self.parse(piece) {
            Ok(line) => Some(Ok(line)),
            Err(error) => match piece.split_once('\n') {
                // An open quote has swallowed the lines behind it: only the first
                // is at fault. Bounded, since a writer could make every line
                // swallow all others.
                Some((first, _)) if piece.len() <= self.retries_left => {
                    self.retries_left = self.retries_left.saturating_sub(piece.len());
                    Some(self.parse(first).map_err(|error| self.reject(first, error)))
                }
                Some(_) | None => Some(Err(self.reject(piece, error))),
            },
        }
    }
}

impl<'a> Lines<'a> {
    /// Parses `piece`, with which the rest begins, and goes on behind it if it
    /// is good.
    fn parse(&mut self, piece: &'a str) -> Result<Line<'a>, String> {
        // The parser knows neither carriage returns nor blanks at the end.
        let text = piece.trim_end_matches([' ', '\t', '\r']);
        if text.len() > MAX_LINE_BYTES {
            return Err(format!("the line is too long. bytes=`{}` allowed=`{MAX_LINE_BYTES}`", text.len()));
        }
        let parsed = match parse_lines(text).next() {
            Some(Ok(parsed)) => parsed,
            Some(Err(error)) => return Err(reason::of(&error, text)),
            None => return Err("no fields were provided".to_owned()),
        };
        let infinite =
            |(_, value): &&(_, FieldValue<'_>)| matches!(value, FieldValue::F64(value) if !value.is_finite());
        if let Some((name, _)) = parsed.field_set.iter().find(infinite) {
            return Err(format!("a number does not fit into 64 bits. field=`{name}`"));
        }
        let number = self.advance(piece);
        Ok(Line { number, text, parsed })
    }

    fn reject(&mut self, piece: &str, error: String) -> RejectedLine {
        RejectedLine::new(self.advance(piece), piece, error.into())
    }

    /// Goes on behind `piece` and returns the number of its first line.
    fn advance(&mut self, piece: &str) -> usize {
        let number = self.number;
        let behind_newline = piece.len().saturating_add(1);
        self.rest = self.rest.get(behind_newline..).unwrap_or_default();
        self.number = number.saturating_add(1).saturating_add(piece.matches('\n').count());
        number
    }
}

#[cfg(test)]
mod tests;
