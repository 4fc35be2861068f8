//! Why the parser refuses a line, in words that help.

use influxdb_line_protocol::Error;

/// What is wrong with `line`, for which the parser says `error`.
pub(super) fn of(error: &Error, line: &str) -> String {
    let series = series(line);
    let vague = matches!(error, Error::TagSetMalformed | Error::GenericParsingError { .. } | Error::FieldSetMissing);
    if vague && let Some(tag) = valueless_tag(series) {
        return format!("tag value is empty. tag=`{tag}`");
    }
    if !matches!(error, Error::GenericParsingError { .. }) {
        return error.to_string();
    }
    // The parser found no blank where the series ended for it.
    let reason = if series.len() == line.len() { "No fields were provided" } else { "Tag Set Malformed" };
    reason.to_owned()
}

/// Table and tags: what stands before the first blank that is not escaped.
fn series(line: &str) -> &str {
    split_unescaped(line, ' ').next().unwrap_or(line)
}

fn valueless_tag(series: &str) -> Option<&str> {
    split_unescaped(series, ',').skip(1).find_map(|tag| match split_unescaped(tag, '=').nth(1) {
        Some("") => tag.split_once('=').map(|(name, _)| name),
        Some(_) | None => None,
    })
}

fn split_unescaped(text: &str, separator: char) -> impl Iterator<Item = &str> {
    let mut escaped = false;
    text.split(move |c| {
        let separates = c == separator && !escaped;
        escaped = c == '\\' && !escaped;
        separates
    })
}
