//! `tidegate package`: a plugin and its packages in one file.

use std::path::PathBuf;
use std::time::Duration;

use clap::Args;
use std::sync::Arc;
use tidegate_database::{EmbeddedDatabase, Settings};

use super::{output, table};
use crate::package::{self, Cost, Made, Order, Trial};
use crate::sandbox::{SandboxPlaces, artefacts};

/// From here on, loading a plugin is felt in each of its runs.
const SLOW: Duration = Duration::from_millis(5);

const EXAMPLES: &str = "\
Examples:
  tidegate package my-plugins/convert
  tidegate package hello.py --requirements requirements.txt -o my-plugins/hello.tidegate
  tidegate package my-plugins/convert --locked";

#[derive(Debug, Args)]
#[command(after_help = EXAMPLES)]
pub(crate) struct Package {
    /// The plugin: a folder, whose requirements.txt and manifest.toml say what it needs, or a .py file
    plugin: PathBuf,
    /// Where to write it [default: NAME.tidegate, here]
    #[arg(short, long, value_name = "FILE")]
    output: Option<PathBuf>,
    /// The Python whose pip chooses the packages: 3.11 or newer
    #[arg(long, default_value = "python3", value_name = "PROGRAM")]
    python: String,
    /// What it needs, if that does not stand in its folder
    #[arg(long, value_name = "FILE")]
    requirements: Option<PathBuf>,
    /// Take what requirements.lock pins, or fail
    #[arg(long)]
    locked: bool,
    #[command(flatten)]
    sandbox: SandboxPlaces,
}

impl Package {
    pub(super) async fn run(self) -> anyhow::Result<()> {
        let database = Arc::new(EmbeddedDatabase::new(Settings::default())?);
        let sandbox = self.sandbox.open(database, &artefacts())?;
        let order = Order {
            plugin: self.plugin,
            output: self.output,
            python: self.python,
            requirements: self.requirements,
            locked: self.locked,
        };
        let made = package::make(&order, &sandbox).await?;
        output::line(report(&made))?;
        Ok(())
    }
}

fn report(made: &Made) -> String {
    let mut lines = Vec::new();
    if !made.packages.is_empty() {
        let rows: Vec<_> =
            made.packages.iter().map(|(name, version, bytes)| [name.clone(), version.clone(), kib(*bytes)]).collect();
        lines.push(table::lay_out(["package", "version", "size"], &rows));
    }
    for (package, lost) in &made.lighter {
        let lost = if lost.is_empty() {
            String::new()
        } else {
            format!("; without it these cannot be imported: {}", lost.join(", "))
        };
        lines.push(format!("The native part of {package} is left out{lost}"));
    }
    lines.push(match &made.trial {
        Ok(Trial::Loaded(cost)) => loaded(*cost),
        Ok(Trial::Failed(error)) => {
            format!("Warning: loading it fails in an empty sandbox, without arguments, environment and grants: {error}")
        }
        Err(reason) => format!("What loading it costs was not measured: {reason}"),
    });
    lines.extend(made.lock.as_ref().map(|lock| format!("Pinned in {}", lock.display())));
    lines.push(format!("Packaged into {} ({})", made.path.display(), kib(made.bytes)));
    lines.join("\n")
}

/// What becomes of what takes long.
const SHARED: &str =
    ". Its runs share instances, so that not each pays for it; a trigger with --instance fresh insists on its own";

fn loaded(cost: Cost) -> String {
    let milliseconds = cost.time.as_secs_f64() * 1e3;
    #[expect(clippy::cast_precision_loss, reason = "for people")]
    let fuel = table::count(cost.fuel as f64);
    let hint = if cost.time > SLOW { SHARED } else { "" };
    format!("Loading it costs {milliseconds:.1} ms and {fuel} fuel{hint}")
}

fn kib(bytes: usize) -> String {
    format!("{} KiB", bytes.div_ceil(1 << 10))
}
