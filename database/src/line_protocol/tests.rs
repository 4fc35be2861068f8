use super::*;
use proptest::prelude::*;

/// What the lines of `text` are: the table, or what is wrong, by line number.
fn outline(text: &str) -> Vec<(usize, String)> {
    let describe = |line: Result<Line<'_>, RejectedLine>| match line {
        Ok(line) => (line.number, line.table().to_owned()),
        Err(rejected) => (rejected.line_number, format!("! {}", rejected.error)),
    };
    lines(text).map(describe).collect()
}

fn only_error(text: &str) -> String {
    match lines(text).collect::<Vec<_>>().as_slice() {
        [Err(rejected)] => rejected.error.clone(),
        other => panic!("{other:?}"),
    }
}

#[test]
fn every_type_is_read() {
    let line = lines(r#"t,a=x\ y,b=z i=-1i,u=1u,f=1.5,t=T,s="a \"b\" c" 7"#).next().unwrap().unwrap();
    let cells: Vec<_> = line.cells().collect();
    assert_eq!(
        cells,
        [
            ("a", Cell::Tag("x y")),
            ("b", Cell::Tag("z")),
            ("i", Cell::I64(-1)),
            ("u", Cell::U64(1)),
            ("f", Cell::F64(1.5)),
            ("t", Cell::Boolean(true)),
            ("s", Cell::Text("a \"b\" c")),
        ]
    );
    assert_eq!((line.table(), line.timestamp()), ("t", Some(7)));
}

#[test]
fn comments_blank_lines_and_lines_within_texts_count() {
    let text = "# it's a=\"comment\n\na v=1\r\n  \t\n b s=\"one\ntwo\" 5 \nc v=1";
    assert_eq!(outline(text), [(3, "a".into()), (5, "b".into()), (7, "c".into())]);
}

#[test]
fn an_open_quote_costs_one_line_only() {
    let text = "a v=1\nb s=\"open\nc v=1\nd v=2";
    let numbers: Vec<_> = lines(text).map(|line| line.map(|line| line.number).map_err(|bad| bad.line_number)).collect();
    assert_eq!(numbers, [Ok(1), Err(2), Ok(3), Ok(4)]);
}

#[test]
fn lines_that_swallow_each_other_are_read_in_linear_time() {
    let text = "a b,=\"c=\"\n".repeat(200_000);
    assert!(lines(&text).count() < 10);
}

#[test]
fn reasons_help() {
    assert_eq!(only_error("cpu,host= v=1"), "tag value is empty. tag=`host`");
    assert_eq!(only_error("cpu,host=a,rack= v=1"), "tag value is empty. tag=`rack`");
    assert_eq!(only_error("cpu,host v=1"), "Tag Set Malformed");
    assert_eq!(only_error("cpu"), "No fields were provided");
    assert_eq!(only_error("cpu v="), "No fields were provided");
    assert_eq!(only_error("cpu v=1 soon"), "Could not parse entire line. Found trailing content: ' soon'");
    assert_eq!(only_error("cpu v=99999999999999999999i"), "Unable to parse integer value '99999999999999999999'");
    assert_eq!(only_error("cpu v=1.0e999"), "a number does not fit into 64 bits. field=`v`");
    assert_eq!(only_error(",host=a v=1"), "Invalid measurement was provided");
}

#[test]
fn a_line_is_not_larger_than_a_chunk_can_be() {
    let huge = format!("t s=\"{}\"", "x".repeat(MAX_LINE_BYTES));
    assert_eq!(only_error(&huge), format!("the line is too long. bytes=`{}` allowed=`{MAX_LINE_BYTES}`", huge.len()));
}

#[test]
fn only_the_start_of_a_long_line_is_kept() {
    let rejected = lines(&"ä".repeat(5_000)).next().unwrap().unwrap_err();
    assert_eq!(rejected.original_line.chars().count(), 1_000);
}

proptest! {
    #[test]
    fn no_text_makes_the_parser_panic(text in "[ab,= \"\\\\\n\r#\tä\0i.eEtu0-9-]{0,60}") {
        let newlines = text.matches('\n').count();
        for line in lines(&text) {
            let number = line.map_or_else(|bad| bad.line_number, |line| line.number);
            prop_assert!((0..=newlines).contains(&number.wrapping_sub(1)));
        }
    }
}
