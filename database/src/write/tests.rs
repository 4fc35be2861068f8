use tidegate::{Log, Position};

use super::*;
use crate::fixture::{Fixture, database, options};

fn rejected(error: WriteError) -> Vec<(usize, String, String)> {
    match error {
        WriteError::Rejected(lines) => {
            lines.into_iter().map(|line| (line.line_number, line.original_line, line.error)).collect()
        }
        error @ (WriteError::Empty | WriteError::Database(_)) => panic!("{error:?}"),
    }
}

#[tokio::test]
async fn good_lines_are_kept_without_the_bad_if_so_wished() {
    let fixture = Fixture::with("t,host=a v=1i 1").await;
    let text = "# comment\nt v=2i 2\nt v=2.5,new=1i 3\n\nnonsense\nt,v=tag x=1i 4\nt new=\"text\" 5";
    let report = fixture.database.write(&database(), text, options(Partial::Accept)).await.unwrap();
    assert_eq!(report.written, 2);
    let rejected: Vec<_> = report.rejected.iter().map(|line| (line.line_number, line.error.as_str())).collect();
    assert_eq!(
        rejected,
        [
            (3, "column type mismatch for column v: existing: int64, new: float64"),
            (5, "No fields were provided"),
            (6, "column type mismatch for column v: existing: int64, new: tag"),
        ]
    );
    // A column that only a bad line named first is whatever the next good line says.
    assert_eq!(fixture.rows("SELECT v, new FROM t ORDER BY time").await, "1,\n2,\n,text");
}

#[tokio::test]
async fn nothing_is_kept_with_a_bad_line_if_so_wished() {
    let fixture = Fixture::new();
    let error = fixture.write("t v=1i 1\nt v=2 2\nu time=1 3\nt,time=x v=1i 4\nt v=\"x\" 5").await.unwrap_err();
    assert_eq!(
        error.to_string(),
        "line protocol parse failed: column type mismatch for column v: existing: int64, new: float64 line=`2` \
         rejected=`4`"
    );
    let lines: Vec<_> = rejected(error).into_iter().map(|(number, line, _)| (number, line)).collect();
    assert_eq!(lines.iter().map(|(number, _)| *number).collect::<Vec<_>>(), [2, 3, 4, 5]);
    assert_eq!(lines[0].1, "t v=2 2");
    assert!(!fixture.database.has_database(&database()));
    assert_eq!(*fixture.database.log().head().borrow(), Position::default());
}

#[tokio::test]
async fn an_empty_write_is_an_error() {
    let fixture = Fixture::new();
    for text in ["", "\n", "# nothing\n\n"] {
        assert!(matches!(fixture.write(text).await, Err(WriteError::Empty)));
    }
}

#[tokio::test]
async fn tags_may_not_be_repeated_and_the_last_of_repeated_fields_wins() {
    let fixture = Fixture::with("t v=1i,w=1i,v=2i,v=3i 1").await;
    assert_eq!(fixture.rows("SELECT v, w FROM t").await, "3,1");
    let error = fixture.write("t,a=1,a=2 v=1i 1\nt v=1i,v=2 1\nt,x=1 x=1 2").await.unwrap_err();
    let errors: Vec<_> = rejected(error).into_iter().map(|(.., error)| error).collect();
    assert_eq!(
        errors,
        [
            "Must not contain duplicate tags, but \"a\" was repeated",
            "column type mismatch for column v: existing: int64, new: float64",
            "column type mismatch for column x: existing: tag, new: float64",
        ]
    );
}

#[tokio::test]
async fn timestamps_are_in_the_unit_of_the_write() {
    let fixture = Fixture::new();
    let auto = WriteOptions { precision: Precision::Auto, ..options(Partial::Accept) };
    fixture.database.write(&database(), "t v=1i 1700000000\nt v=2i 1700000000001", auto).await.unwrap();
    let seconds = WriteOptions { precision: Precision::Second, ..auto };
    let report = fixture.database.write(&database(), "t v=3i 1\nt v=4i 9999999999999", seconds).await.unwrap();
    assert_eq!(
        report.rejected[0].error,
        "timestamp does not fit into nanoseconds. timestamp=`9999999999999` precision=`second`"
    );
    assert_eq!(
        fixture.rows("SELECT v, time FROM t ORDER BY v").await,
        "1,2023-11-14T22:13:20\n2,2023-11-14T22:13:20.001\n3,1970-01-01T00:00:01"
    );
}

#[tokio::test]
async fn no_writer_makes_too_many_columns_or_tables() {
    let fixture = Fixture::new();
    let wide = (0..499).map(|n| format!("f{n}=1i")).collect::<Vec<_>>().join(",");
    fixture.write(&format!("t {wide} 1")).await.unwrap();
    let errors = rejected(fixture.write("t one_more=1i 1").await.unwrap_err());
    assert_eq!(errors[0].2, "Update to schema would exceed number of columns per table limit of 500 columns");
    let many: String = (0..10_000).map(|n| format!("table{n} v=1i 1\n")).collect();
    let errors = rejected(fixture.write(&many).await.unwrap_err());
    assert_eq!(errors.len(), 1);
    assert_eq!(errors[0].2, "Update to schema would exceed number of tables limit of 10000 tables");
}
