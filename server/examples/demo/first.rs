//! How long it takes until a plugin has written something.

use std::sync::Arc;
use std::time::Duration;

use tidegate::{Clock as _, SystemClock};

use crate::api::Api;
use crate::screen::Screen;

/// How often it is looked for.
const PERIOD: Duration = Duration::from_millis(250);

/// Says once how long after the start of `clock` the first derived row was
/// seen.
pub(crate) fn watch(api: Api, clock: Arc<SystemClock>, screen: Screen) {
    tokio::spawn(async move {
        while !api.has_derived_rows().await {
            clock.sleep(PERIOD).await;
        }
        screen.good(&format!("first derived row after {:.1} s", clock.elapsed().as_secs_f64()));
    });
}
