//! Line protocol of any size in pieces that end between two lines.

use std::io::Read;
use std::mem;

use anyhow::{Context as _, bail};
use bytes::Bytes;

/// Some lines.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct Chunk {
    pub(super) text: Bytes,
    /// How many lines stood in the source before them.
    pub(super) lines_before: usize,
    pub(super) lines: usize,
}

/// Iterator over the lines of a source, as many at a time as a request may have.
#[derive(Debug)]
pub(super) struct Chunks<R> {
    source: R,
    max_bytes: usize,
    /// What was read and not yet handed out.
    rest: Vec<u8>,
    lines_before: usize,
}

impl<R: Read> Chunks<R> {
    pub(super) fn of(source: R, max_bytes: usize) -> Self {
        Self { source, max_bytes, rest: Vec::new(), lines_before: 0 }
    }

    fn read(&mut self) -> anyhow::Result<Option<Chunk>> {
        let mut text = mem::take(&mut self.rest);
        // One byte more, to tell the end from a request that is full.
        let wanted = self.max_bytes.saturating_add(1).saturating_sub(text.len());
        let wanted = u64::try_from(wanted).unwrap_or(u64::MAX);
        self.source.by_ref().take(wanted).read_to_end(&mut text).context("the lines cannot be read")?;
        if text.len() > self.max_bytes {
            let Some(end) = end_of_lines(text.get(..self.max_bytes).unwrap_or_default()) else {
                bail!(
                    "a line does not fit into a request; allow more with --max-request-size. line=`{}` allowed=`{}`",
                    self.lines_before.saturating_add(1),
                    self.max_bytes
                );
            };
            self.rest = text.split_off(end);
        }
        if text.is_empty() {
            return Ok(None);
        }
        let (lines_before, newlines) = (self.lines_before, text.iter().filter(|byte| **byte == b'\n').count());
        self.lines_before = lines_before.saturating_add(newlines);
        let lines = newlines.saturating_add(usize::from(!text.ends_with(b"\n")));
        Ok(Some(Chunk { text: text.into(), lines_before, lines }))
    }
}

impl<R: Read> Iterator for Chunks<R> {
    type Item = anyhow::Result<Chunk>;

    fn next(&mut self) -> Option<Self::Item> {
        loop {
            match self.read().transpose()? {
                // A server refuses a request without any data.
                Ok(chunk) if !has_data(&chunk.text) => {}
                chunk => return Some(chunk),
            }
        }
    }
}

/// Where the last of the whole lines in `text` ends, which begins with a line.
fn end_of_lines(text: &[u8]) -> Option<usize> {
    let mut place = Place::default();
    let mut end = None;
    for (position, byte) in text.iter().enumerate() {
        if place.goes_on(*byte) {
            end = Some(position);
        }
    }
    // A quote that is never closed would swallow all lines behind it: then the
    // first is at fault, and the server says so.
    let end = end.or_else(|| text.iter().position(|byte| *byte == b'\n'));
    end.map(|newline| newline.saturating_add(1))
}

fn has_data(text: &[u8]) -> bool {
    text.split(|byte| *byte == b'\n').map(<[u8]>::trim_ascii).any(|line| !line.is_empty() && !line.starts_with(b"#"))
}

/// Where in a line a byte stands, by the server's rules: a newline ends a line
/// unless it is escaped or in the quotes of a field.
#[derive(Debug, Default)]
struct Place {
    within: Within,
    escaped: bool,
    /// Quotes mean something in the fields only, behind the `=` of each.
    fields: bool,
    equals: usize,
    commas: usize,
}

#[derive(Debug, Default, Clone, Copy, PartialEq, Eq)]
enum Within {
    #[default]
    Beginning,
    Comment,
    Line,
    Quotes,
}

impl Place {
    /// Goes on behind `byte` and returns whether it ends a line.
    fn goes_on(&mut self, byte: u8) -> bool {
        if mem::take(&mut self.escaped) {
            return false;
        }
        match (self.within, byte) {
            (Within::Beginning | Within::Comment | Within::Line, b'\n') => {
                *self = Self::default();
                return true;
            }
            (Within::Comment, _) | (Within::Beginning, b'\t' | b'\r') => {}
            (Within::Beginning, b'#') => self.within = Within::Comment,
            (Within::Beginning | Within::Line, b'\\') => (self.within, self.escaped) = (Within::Line, true),
            (Within::Beginning | Within::Line, b' ') => self.fields = true,
            (Within::Beginning | Within::Line, _) => self.within = self.in_line(byte),
            (Within::Quotes, b'\\') => self.escaped = true,
            (Within::Quotes, b'"') => self.within = Within::Line,
            (Within::Quotes, _) => {}
        }
        false
    }

    fn in_line(&mut self, byte: u8) -> Within {
        match byte {
            b'=' if self.fields => self.equals = self.equals.saturating_add(1),
            b',' if self.fields => self.commas = self.commas.saturating_add(1),
            b'"' if self.fields && self.equals > self.commas => return Within::Quotes,
            _ => {}
        }
        Within::Line
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn chunks(text: &str, max_bytes: usize) -> Vec<(String, usize, usize)> {
        let told = |chunk: Chunk| (String::from_utf8(chunk.text.into()).unwrap(), chunk.lines_before, chunk.lines);
        Chunks::of(text.as_bytes(), max_bytes).map(|chunk| told(chunk.unwrap())).collect()
    }

    #[test]
    fn a_request_has_as_many_whole_lines_as_fit() {
        let text = "a x=1\nb x=2\nc x=3";
        assert_eq!(chunks(text, 100), [(text.to_owned(), 0, 3)]);
        assert_eq!(chunks(text, 12), [("a x=1\nb x=2\n".into(), 0, 2), ("c x=3".into(), 2, 1)]);
        assert_eq!(chunks(text, 6).iter().map(|(.., lines)| *lines).collect::<Vec<_>>(), [1, 1, 1]);
        assert_eq!(chunks("a x=1", 5).len(), 1);
    }

    #[test]
    fn a_text_with_newlines_is_never_cut() {
        let text = "a s=\"1\n2\",t=\"\\\"\n\" 1\nb,t=\"\\\n s=\"3\n4\" 1\n# it's \"quoted\nc x=1\n";
        for max_bytes in 21..text.len() {
            let cut = chunks(text, max_bytes);
            assert_eq!(cut.iter().map(|(text, ..)| text.as_str()).collect::<String>(), text);
            for (text, ..) in cut {
                assert!(["a ", "b,", "# ", "c "].iter().any(|beginning| text.starts_with(beginning)), "{text}");
            }
        }
        assert_eq!(chunks(text, 22).len(), 3);
    }

    #[test]
    fn a_quote_that_is_never_closed_costs_its_own_line_only() {
        let cut = chunks("a s=\"1\nb x=2\nc x=3\n", 12);
        assert_eq!(cut[0].0, "a s=\"1\n");
        assert_eq!(cut[1], ("b x=2\nc x=3\n".into(), 1, 2));
    }

    #[test]
    fn what_has_no_data_is_not_sent_but_counted() {
        assert_eq!(chunks("# one\n\n \t\na x=1\n", 8), [("a x=1\n".into(), 3, 1)]);
        assert_eq!(chunks("# nothing\n\n", 100), []);
    }

    #[test]
    fn a_line_that_fits_into_no_request_is_named() {
        let mut chunks = Chunks::of("a x=1\nb,host=somewhere x=1\n".as_bytes(), 10);
        assert_eq!(chunks.next().unwrap().unwrap().text, "a x=1\n");
        let error = chunks.next().unwrap().unwrap_err().to_string();
        assert!(error.contains("line=`2`") && error.contains("--max-request-size"), "{error}");
    }
}
