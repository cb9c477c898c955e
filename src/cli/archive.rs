//! `tidings archive`

use std::path::PathBuf;

use super::{Common, Ending, Usage, block_on_stoppable, print, print_json, report};
use crate::app::App;
use crate::app::archive::archive;

#[derive(clap::Args)]
pub(super) struct Arguments {
    /// The folder; without it, `dir` of [archive]
    dir: Option<PathBuf>,
    /// Articles as tidings cleans them, not as their feeds had them
    #[arg(long)]
    clean: bool,
}

pub(super) fn run(common: &Common, arguments: &Arguments) -> anyhow::Result<Ending> {
    let config = common.load()?;
    let configured = config.archive.clone();
    let clean = arguments.clean || configured.as_ref().is_some_and(|archive| archive.clean);
    let dir = arguments.dir.clone().or(configured.map(|archive| archive.dir));
    let dir = dir.ok_or_else(|| Usage("name a folder, or `dir` in [archive]".into()))?;
    let app = App::open(config)?;
    let written = block_on_stoppable(archive(&app, &dir, clean))?;
    if common.json {
        print_json(&written)?;
    } else if common.reports(true) {
        let articles = report::count(written.articles, "article", "articles");
        let lists = report::count(written.lists, "list", "lists");
        print(&format!("wrote {articles} and {lists} in {}\n", dir.display()))?;
    }
    Ok(Ending::Done)
}
