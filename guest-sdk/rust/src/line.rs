//! Points, in line protocol.

use std::fmt;

mod escape;
mod number;

/// A point to be written.
///
/// What Python's `LineBuilder` makes of the same values, byte for byte, but
/// what no database takes is refused right here: names and tag values that are
/// empty or contain a line break, and numbers that are not finite.
///
/// ```
/// use tidegate_sdk::Line;
///
/// let line = Line::new("cpu").tag("host", "server 1").float("load", 2.0).int("cores", 4).time(1609459200000000000);
///
/// assert_eq!(line.build().unwrap(), r"cpu,host=server\ 1 load=2.0,cores=4i 1609459200000000000");
/// ```
#[derive(Debug, Clone, PartialEq)]
pub struct Line {
    table: String,
    tags: Vec<(String, String)>,
    /// With their values as they are written.
    fields: Vec<(String, String)>,
    time: Option<i64>,
    /// The first thing that was wrong: told by `build`, so that calls chain.
    wrong: Option<Unwritable>,
}

/// Why a point cannot be written.
#[derive(Debug, Clone, PartialEq)]
pub struct Unwritable(String);

impl Line {
    /// Starts a point of `table`.
    pub fn new(table: &str) -> Self {
        let mut line = Self { table: table.into(), tags: vec![], fields: vec![], time: None, wrong: None };
        line.check(escape::table_problem(table), "table", table);
        line
    }

    /// Sets a tag. Setting it again replaces the value.
    #[must_use]
    pub fn tag(mut self, name: &str, value: &str) -> Self {
        self.check(escape::name_problem(name), "tag", name);
        self.check(escape::tag_value_problem(value), "value", value);
        set(&mut self.tags, name, value.into());
        self
    }

    /// Sets a field to a signed integer.
    #[must_use]
    pub fn int(self, name: &str, value: i64) -> Self {
        self.field(name, format!("{value}i"))
    }

    /// Sets a field to an unsigned integer.
    #[must_use]
    pub fn uint(self, name: &str, value: u64) -> Self {
        self.field(name, format!("{value}u"))
    }

    /// Sets a field to a floating-point number.
    #[must_use]
    pub fn float(mut self, name: &str, value: f64) -> Self {
        let problem = (!value.is_finite()).then_some("number is not finite");
        self.check(problem, "field", name);
        self.field(name, number::text(value))
    }

    /// Sets a field to text.
    #[must_use]
    pub fn text(self, name: &str, value: &str) -> Self {
        self.field(name, escape::quoted(value))
    }

    /// Sets a field to a truth value.
    #[must_use]
    pub fn bool(self, name: &str, value: bool) -> Self {
        self.field(name, if value { "t" } else { "f" }.into())
    }

    /// Sets the time, in nanoseconds since 1970. A point without one gets that
    /// of the commit.
    #[must_use]
    pub fn time(mut self, nanoseconds: i64) -> Self {
        self.time = Some(nanoseconds);
        self
    }

    /// Returns the point in line protocol, without a line break.
    ///
    /// # Errors
    /// Tells the first thing that cannot be written.
    pub fn build(&self) -> Result<String, Unwritable> {
        if let Some(wrong) = &self.wrong {
            return Err(wrong.clone());
        }
        let mut line = escape::table(&self.table);
        for (name, value) in &self.tags {
            line.push_str(&format!(",{name}={}", escape::key(value)));
        }
        for (index, (name, value)) in self.fields.iter().enumerate() {
            let before = if index == 0 { ' ' } else { ',' };
            line.push_str(&format!("{before}{}={value}", escape::key(name)));
        }
        if self.fields.is_empty() {
            return Err(Unwritable(format!("a point needs a field. line=`{line}`")));
        }
        if let Some(time) = self.time {
            line.push_str(&format!(" {time}"));
        }
        Ok(line)
    }

    fn field(mut self, name: &str, value: String) -> Self {
        self.check(escape::name_problem(name), "field", name);
        set(&mut self.fields, name, value);
        self
    }

    fn check(&mut self, problem: Option<&str>, what: &str, text: &str) {
        if let (None, Some(problem)) = (&self.wrong, problem) {
            self.wrong = Some(Unwritable(format!("{problem}. {what}=`{}`", text.escape_debug())));
        }
    }
}

fn set(pairs: &mut Vec<(String, String)>, name: &str, value: String) {
    match pairs.iter_mut().find(|(key, _)| key == name) {
        Some((_, old)) => *old = value,
        None => pairs.push((name.into(), value)),
    }
}

impl fmt::Display for Unwritable {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "not writable as line protocol: {}", self.0)
    }
}

impl std::error::Error for Unwritable {}

#[cfg(test)]
mod tests;
