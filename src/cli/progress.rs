//! A line on a terminal that says how far a job is. Where nobody looks, nothing is drawn.

use std::io::IsTerminal;
use std::time::Duration;

use indicatif::{ProgressBar, ProgressStyle};

use super::Common;
use crate::app::progress::{Progress, Step};

/// A job may wait long between two mails; the line shows that it lives.
const TICK: Duration = Duration::from_millis(120);

/// Draws on stderr, if that is a terminal and nobody wants it quiet.
pub(super) fn on_terminal(common: &Common) -> Progress {
    if common.quiet || common.json || common.verbose > 0 || !std::io::stderr().is_terminal() {
        return Progress::default();
    }
    let bar = ProgressBar::no_length();
    // What is wrong with a template shows when it is tried; it never changes.
    if let Ok(style) = ProgressStyle::with_template("{spinner} {pos} of {len} {msg} {elapsed}") {
        bar.set_style(style);
    }
    Progress::told(move |step| {
        let (done, of, what) = match step {
            Step::Polled { done, of } => (done, of, "feeds asked"),
            Step::Sent { done, of } => (done, of, "mails"),
        };
        if done >= of {
            bar.finish_and_clear();
            bar.reset();
            bar.disable_steady_tick();
            return;
        }
        bar.set_length(of as u64);
        bar.set_message(what);
        bar.set_position(done as u64);
        bar.enable_steady_tick(TICK);
    })
}
