//! What is said on stderr, and how.

use std::io::IsTerminal;

use tracing_subscriber::EnvFilter;

#[derive(Clone, Copy, PartialEq, Eq, clap::ValueEnum)]
pub(super) enum LogFormat {
    Text,
    Json,
}

/// How much a command says when nobody asks for more or less.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(super) enum Level {
    Warnings,
    Events,
}

pub(super) fn start(level: Level, verbose: u8, quiet: bool, format: LogFormat) {
    let ours = match (quiet, verbose, level) {
        (true, ..) => "error",
        (_, 0, Level::Warnings) => "warn",
        (_, 0, Level::Events) | (_, 1, Level::Warnings) => "info",
        _ => "debug",
    };
    let others = if verbose >= 2 { "info" } else { "error" };
    let filter = EnvFilter::new(format!("{others},tidings={ours}"));
    let builder = tracing_subscriber::fmt().with_env_filter(filter).with_writer(std::io::stderr);
    let started = match format {
        LogFormat::Json => builder.json().flatten_event(true).try_init(),
        // The daemon's lines need their time; a person at the terminal knows it.
        LogFormat::Text if level == Level::Warnings => {
            builder.without_time().with_target(false).with_ansi(std::io::stderr().is_terminal()).try_init()
        }
        LogFormat::Text => builder.with_target(false).with_ansi(std::io::stderr().is_terminal()).try_init(),
    };
    // Only a second call can fail, and there is none.
    drop(started);
}
