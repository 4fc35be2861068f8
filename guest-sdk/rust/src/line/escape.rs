//! What must be escaped in line protocol, and what cannot be.

pub(super) fn table(name: &str) -> String {
    name.replace(',', r"\,")
}

/// Escapes a field's name or a tag's value.
pub(super) fn key(text: &str) -> String {
    let mut escaped = String::with_capacity(text.len());
    for character in text.chars() {
        if matches!(character, '\\' | ',' | '=' | ' ') {
            escaped.push('\\');
        }
        escaped.push(character);
    }
    escaped
}

pub(super) fn quoted(text: &str) -> String {
    format!("\"{}\"", text.replace('\\', r"\\").replace('"', "\\\""))
}

pub(super) fn table_problem(name: &str) -> Option<&'static str> {
    if name.is_empty() {
        Some("name is empty")
    } else if name.contains(' ') {
        Some("name contains a space")
    } else if name.starts_with('#') {
        // The whole line would be a comment, and vanish.
        Some("name starts with `#`")
    } else {
        line_break(name)
    }
}

pub(super) fn name_problem(name: &str) -> Option<&'static str> {
    if name.is_empty() {
        Some("name is empty")
    } else if name.contains(' ') {
        Some("name contains a space")
    } else if name.contains(',') {
        Some("name contains a comma")
    } else if name.contains('=') {
        Some("name contains an equals sign")
    } else {
        line_break(name)
    }
}

pub(super) fn tag_value_problem(value: &str) -> Option<&'static str> {
    if value.is_empty() { Some("value of a tag is empty") } else { line_break(value) }
}

// Would end the line, and make the rest of it a point of the value's choosing.
fn line_break(text: &str) -> Option<&'static str> {
    text.contains(['\n', '\r']).then_some("contains a line break")
}
