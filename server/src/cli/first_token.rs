//! How the operator of a new server gets the first token.

use std::io::{self, Write as _};
use std::net::SocketAddr;

use anyhow::bail;
use clap::ValueEnum;

use super::output;
use crate::logging::LogFormat;
use crate::tokens::Tokens;

/// How the operator of a new server gets the first token.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub(super) enum FirstToken {
    /// The server makes it and shows it, this once
    Shown,
    /// Whoever asks first has it, as in InfluxDB 3: `tidegate create token --admin`
    Asked,
}

impl FirstToken {
    /// Makes the operator's token and shows it, unless somebody is to ask for it at
    /// `address`.
    ///
    /// # Errors
    /// If strangers could ask first, or it cannot be kept or shown.
    pub(super) async fn arrange(self, tokens: &Tokens, address: SocketAddr, log: LogFormat) -> anyhow::Result<()> {
        match self {
            Self::Shown => {
                let token = tokens.create_operator().await.map_err(anyhow::Error::msg)?;
                Ok(show(&told(token.secret()), log)?)
            }
            Self::Asked if address.ip().is_loopback() => {
                tracing::warn!("there is no token yet; make the operator's with `tidegate create token --admin`");
                Ok(())
            }
            Self::Asked => bail!(
                "the first who can reach {address} would become the operator; listen at 127.0.0.1 until you have made a \
                 token, bring one with --admin-token-file, or let the server show it with --first-token shown"
            ),
        }
    }
}

// Not as an entry of the log, which others may keep and read.
fn show(text: &str, log: LogFormat) -> io::Result<()> {
    match log {
        LogFormat::Text => output::line(text),
        // Whoever reads JSON from standard output understands nothing else.
        LogFormat::Json => writeln!(io::stderr().lock(), "{text}"),
    }
}

fn told(token: &str) -> String {
    format!(
        "This server has no token yet. The operator's is shown this once, and only its hash is kept:\n\n\
         \x20   export INFLUXDB3_AUTH_TOKEN={token}\n"
    )
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::sync::Arc;
    use tidegate::{FakeClock, Timestamp};

    use crate::catalog::Catalog;

    fn tokens(directory: &std::path::Path) -> Tokens {
        let catalog = Arc::new(Catalog::open(directory).unwrap());
        Tokens::new(catalog, Arc::new(FakeClock::new(Timestamp(0))))
    }

    #[tokio::test]
    async fn strangers_cannot_ask_first() {
        let directory = tempfile::tempdir().unwrap();
        let tokens = tokens(directory.path());
        let arrange = |address: &str| {
            let (tokens, address) = (&tokens, address.parse().unwrap());
            async move { FirstToken::Asked.arrange(tokens, address, LogFormat::Json).await }
        };
        assert!(arrange("0.0.0.0:8181").await.unwrap_err().to_string().contains("--first-token shown"));
        assert!(arrange("127.0.0.1:8181").await.is_ok() && arrange("[::1]:0").await.is_ok());
        assert!(!tokens.exist());
    }

    #[tokio::test]
    async fn a_token_that_is_shown_is_there() {
        let directory = tempfile::tempdir().unwrap();
        let tokens = tokens(directory.path());
        FirstToken::Shown.arrange(&tokens, "0.0.0.0:8181".parse().unwrap(), LogFormat::Json).await.unwrap();
        assert!(tokens.exist() && tokens.create_operator().await.is_err());
    }
}
