//! A token that is made before there is a server.

use std::fs::OpenOptions;
use std::io::Write as _;
use std::os::unix::fs::OpenOptionsExt as _;
use std::path::Path;
use std::time::Duration;

use anyhow::Context as _;
use base64::Engine as _;
use base64::prelude::BASE64_URL_SAFE_NO_PAD;
use rand::RngExt as _;
use serde::Serialize;
use tidegate::{Clock as _, SystemClock, Timestamp};

use crate::cli::output;

/// What `tidegate serve --admin-token-file` reads.
#[derive(Serialize)]
struct TokenFile {
    token: String,
    name: String,
    /// Until when it is good, in milliseconds since 1970, if not for ever.
    #[serde(skip_serializing_if = "Option::is_none")]
    expiry_millis: Option<i64>,
}

/// What the first token of a server is called.
const FIRST: &str = "_admin";

/// Puts a new token into `file`, which must not be there yet.
///
/// # Errors
/// If the file cannot be written.
pub(super) fn make(file: &Path, name: Option<String>, expiry: Option<Duration>) -> anyhow::Result<()> {
    let random: [u8; 64] = rand::rng().random();
    let token = TokenFile {
        token: format!("apiv3_{}", BASE64_URL_SAFE_NO_PAD.encode(random)),
        name: name.unwrap_or_else(|| FIRST.to_owned()),
        expiry_millis: expiry.map(|expiry| after(SystemClock::default().now(), expiry)).transpose()?,
    };
    let unwritable = || format!("the token file must be new, in a folder that is there. path=`{}`", file.display());
    // Created for the owner only: made so later, others might have read it before.
    let created = OpenOptions::new().write(true).create_new(true).mode(0o600).open(file);
    let mut content = serde_json::to_string_pretty(&token)?;
    content.push('\n');
    created.and_then(|mut file| file.write_all(content.as_bytes())).with_context(unwritable)?;
    output::line(format!("Token saved to: {}", file.display()))?;
    Ok(())
}

fn after(now: Timestamp, period: Duration) -> anyhow::Result<i64> {
    let time = i64::try_from(period.as_nanos()).ok().and_then(|period| now.0.checked_add(period));
    time.and_then(|time| time.checked_div(1_000_000)).context("--expiry is too far away")
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::fs;
    use std::os::unix::fs::PermissionsExt as _;

    #[test]
    fn a_token_is_in_a_new_file_that_others_cannot_read() {
        let folder = tempfile::tempdir().unwrap();
        let file = folder.path().join("token.json");
        make(&file, None, Some(Duration::from_secs(60))).unwrap();
        let made: serde_json::Value = serde_json::from_slice(&fs::read(&file).unwrap()).unwrap();
        assert_eq!(made["name"], "_admin");
        assert!(made["expiry_millis"].as_i64().unwrap() > 1_700_000_000_000, "{made}");
        let token = made["token"].as_str().unwrap().strip_prefix("apiv3_").unwrap();
        assert_eq!(BASE64_URL_SAFE_NO_PAD.decode(token).unwrap().len(), 64);
        assert_eq!(fs::metadata(&file).unwrap().permissions().mode() & 0o777, 0o600);

        let error = make(&file, None, None).unwrap_err().to_string();
        assert!(error.contains("must be new"), "{error}");
    }

    #[test]
    fn an_expiry_is_a_time() {
        assert_eq!(after(Timestamp(5_000_000), Duration::from_secs(60)).unwrap(), 60_005);
        assert!(after(Timestamp(i64::MAX), Duration::from_secs(1)).is_err());
    }
}
