//! Tells when a field crosses a threshold: once on the way up, once on the way
//! back, and not for every row in between.

use tidegate_sdk::{Arguments, Failure, Line, TableBatch, cache, log, on_write, write};

use crate::crossing::{Crossing, crossings};
use crate::settings::Settings;

mod crossing;
mod series;
mod settings;

on_write!(alert_on_crossings);

fn alert_on_crossings(batches: Vec<TableBatch>, args: Arguments) -> Result<(), Failure> {
    let settings = Settings::read(&args)?;
    let mut alerts = Vec::new();
    for batch in batches.iter().filter(|batch| settings.wants(batch)) {
        // By series and not by row: a run has fewer host calls than rows.
        for (series, readings) in series::readings(batch, &settings) {
            let key = format!("above {} {series}", batch.name());
            let above = cache::get(&key)?.unwrap_or(false);
            let crossings = crossings(above, &readings, settings.threshold);
            let Some(last) = crossings.last() else {
                continue;
            };
            cache::put(&key, last.above)?;
            for crossing in crossings {
                tell(&settings, series, crossing);
                alerts.push(alert(&settings, series, crossing));
            }
        }
    }
    if !alerts.is_empty() {
        write::stage(alerts)?;
    }
    Ok(())
}

fn tell(settings: &Settings, series: &str, crossing: Crossing) {
    let Settings { tag, field, threshold, .. } = settings;
    let value = crossing.value;
    if crossing.above {
        log::warn!("{field} is above {threshold}. {tag}=`{series}`, value=`{value}`");
    } else {
        log::info!("{field} is back. {tag}=`{series}`, value=`{value}`, threshold=`{threshold}`");
    }
}

fn alert(settings: &Settings, series: &str, crossing: Crossing) -> Line {
    let mut line = Line::new("alerts");
    // Rows without the tag are one series; line protocol has no empty tags.
    if !series.is_empty() {
        line = line.tag(&settings.tag, series);
    }
    line.text("field", &settings.field)
        .float("value", crossing.value)
        .text("state", if crossing.above { "above" } else { "below" })
        .time(crossing.time)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn settings() -> Settings {
        Settings { table: None, field: "usage".into(), threshold: 90.0, tag: "host".into() }
    }

    #[test]
    fn an_alert_names_its_series_and_state() {
        let up = Crossing { time: 7, value: 91.5, above: true };

        let line = alert(&settings(), "server 1", up).build();

        assert_eq!(line.unwrap(), r#"alerts,host=server\ 1 field="usage",value=91.5,state="above" 7"#);
    }

    #[test]
    fn an_alert_of_rows_without_the_tag_has_no_tag() {
        let down = Crossing { time: 7, value: 12.0, above: false };

        let line = alert(&settings(), "", down).build();

        assert_eq!(line.unwrap(), r#"alerts field="usage",value=12.0,state="below" 7"#);
    }
}
