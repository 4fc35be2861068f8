//! `tidegate create trigger`

use std::path::Path;

use anyhow::{Context as _, bail};
use clap::Args;
use reqwest::Method;
use serde_json::{Map, Value, json};

use crate::cli::client::{PLUGIN_FILES, Server, TRIGGER, Target};
use crate::cli::code::{self, Code, SourceFile};
use crate::cli::definition::{Definition, spec};
use crate::cli::output;
use crate::cli::usage::misused;

/// Creates a trigger.
#[derive(Debug, Args)]
#[command(after_help = "\
Examples:
  tidegate create trigger -d sensors --path hello.py --trigger-spec table:cpu hello
  tidegate create trigger -d sensors --path ./hello.py --upload --trigger-spec table:cpu hello
  tidegate create trigger -d sensors --path alert.wasm --trigger-spec table:cpu \\
    --trigger-arguments field=usage,threshold=90 --limit fuel=50_000_000 alert
  tidegate create trigger -d sensors --path notify.py --trigger-spec every:1m \\
    --grant 'http=POST https://hooks.example.com' --grant secret=PAGER_KEY notify")]
pub(crate) struct NewTrigger {
    #[command(flatten)]
    target: Target,
    /// The plugin: a .py, .wasm or .tidegate file, or a folder with __init__.py, in the server's plugin directory
    #[arg(short, long, visible_alias = "plugin-filename", value_name = "FILE")]
    path: Option<String>,
    /// Take --path from here, and put its .py files into the server's plugin directory first
    #[arg(long)]
    upload: bool,
    /// When it runs: table:NAME, all_tables, every:DURATION, cron:EXPRESSION or request:PATH
    #[arg(long, value_name = "SPEC", value_parser = spec)]
    trigger_spec: String,
    #[command(flatten)]
    definition: Definition,
    /// Create it without letting it run
    #[arg(long)]
    disabled: bool,
    /// What to call it
    name: String,
}

impl NewTrigger {
    pub(super) async fn run(self) -> anyhow::Result<()> {
        // InfluxDB 3's text.
        let path =
            self.path.as_deref().ok_or_else(|| misused("Either --path or --plugin-filename must be provided"))?;
        let server = &self.target.server;
        let plugin = if self.upload { upload(Path::new(path), server).await? } else { path.to_owned() };
        let request = server.request(Method::POST, TRIGGER)?.json(&self.definition(plugin));
        server.send(request).await.context("Failed to create trigger")?;
        output::line(format!("Trigger {} created successfully", self.name))?;
        Ok(())
    }

    fn definition(&self, plugin: String) -> Map<String, Value> {
        let mut settings =
            Map::from_iter([("run_async".to_owned(), false.into()), ("error_behavior".to_owned(), "log".into())]);
        settings.extend(self.definition.settings.named());
        let mut definition = self.definition.named();
        definition.extend([
            ("db".to_owned(), self.target.database.clone().into()),
            ("trigger_name".to_owned(), self.name.clone().into()),
            ("plugin_filename".to_owned(), plugin.into()),
            ("trigger_specification".to_owned(), self.trigger_spec.clone().into()),
            ("trigger_settings".to_owned(), settings.into()),
            ("disabled".to_owned(), self.disabled.into()),
        ]);
        definition
    }
}

/// Puts the code at `path` into the server's plugin directory and returns what
/// it is called there.
async fn upload(path: &Path, server: &Server) -> anyhow::Result<String> {
    let shown = path.display();
    if !path.exists() {
        bail!("File not found: {shown}");
    }
    let name = code::name(path)?;
    let files = match Code::read(path)? {
        Code::File(content) => vec![SourceFile { relative_path: name.clone(), content }],
        Code::Folder(files) if !files.iter().any(|file| file.relative_path == "__init__.py") => {
            bail!("Multi-file plugin directory must contain __init__.py: {shown}")
        }
        Code::Folder(mut files) => {
            files.iter_mut().for_each(|file| file.relative_path = format!("{name}/{}", file.relative_path));
            files
        }
    };
    for SourceFile { relative_path, content } in files {
        let body = json!({"plugin_name": relative_path, "content": content});
        let request = server.request(Method::POST, PLUGIN_FILES)?.json(&body);
        server.send(request).await.with_context(|| format!("Failed to upload {relative_path}"))?;
    }
    Ok(name)
}
