//! `tidings recipients`

use anyhow::Context;

use super::{Common, Ending, print, print_json};
use crate::store::{Store, Subscription};

#[derive(clap::Subcommand)]
pub(super) enum Action {
    /// Who has left which digest
    List,
    /// Take somebody who left up again
    Resume {
        /// The address, as it stands in the configuration
        address: String,
    },
}

#[derive(serde::Serialize)]
struct Departed {
    digest: String,
    address: String,
    left: Option<chrono::DateTime<chrono::Utc>>,
}

impl From<Subscription> for Departed {
    fn from(s: Subscription) -> Self {
        Self { digest: s.digest, address: s.address, left: s.left }
    }
}

pub(super) fn run(common: &Common, action: &Action) -> anyhow::Result<Ending> {
    let config = common.load()?;
    match action {
        Action::List => {
            let departed = Store::look_at(&config.database)?.departed()?;
            let departed: Vec<Departed> = departed.into_iter().map(Departed::from).collect();
            if common.json {
                print_json(&departed)?;
                return Ok(Ending::Done);
            }
            for Departed { digest, address, left } in &departed {
                let when = left.map(|at| at.format(" on %Y-%m-%d").to_string()).unwrap_or_default();
                print(&format!("{address} has left {digest}{when}\n"))?;
            }
            if departed.is_empty() {
                print("nobody has left\n")?;
            }
            Ok(Ending::Done)
        }
        Action::Resume { address } => {
            let mut store = Store::open(&config.database)?;
            let resumed = store.transaction(|store| store.resume(address)).context("nothing was changed")?;
            if resumed == 0 {
                print(&format!("{address} has left no digest\n"))?;
                return Ok(Ending::Failed);
            }
            print(&format!("{address} gets its mails again\n"))?;
            Ok(Ending::Done)
        }
    }
}
