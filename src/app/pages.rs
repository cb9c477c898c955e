//! What the web pages show: to readers who leave or read an edition, and to programs that ask
//! how we are.

use std::sync::Arc;

use chrono::Utc;
use tokio::sync::watch;

use super::{App, metrics};
use crate::deliver::encoding::READERS_TOKEN;
use crate::render;
use crate::store::{self, PublishedEdition, Subscription};
use crate::web::metrics::Gauge;
use crate::web::{Answer, PageSource};

/// The pages, by the configuration of the day.
#[derive(Clone)]
pub(super) struct Pages(pub(super) watch::Receiver<App>);

impl Pages {
    fn app(&self) -> App {
        self.0.borrow().clone()
    }
}

impl App {
    /// The page about a subscription, in the language of its digest.
    fn page(&self, subscription: &Subscription) -> Answer {
        let digest = self.config.digests.iter().find(|d| d.id == subscription.digest);
        let title = digest.map_or(subscription.digest.as_str(), |d| d.title.as_str());
        let language = digest.and_then(|d| d.language.as_deref()).unwrap_or("en");
        let gone = subscription.left.is_some().then_some(subscription.address.as_str());
        Answer::Page(render::leaving(language, title, gone, &self.config.theme))
    }
}

impl PageSource for Pages {
    async fn edition(&self, token: String, page: u32) -> Answer {
        let app = self.app();
        let config = Arc::clone(&app.config);
        let html = app.db.call(move |store| {
            let html = store.edition_page(&token, page)?;
            if html.is_some() || page > 0 {
                return Ok(html);
            }
            // There is no more than what was mailed.
            let edition = store.edition_by_token(&token)?;
            // Whoever reads it is not known.
            let of_nobody = |edition: PublishedEdition| {
                let html = render::in_one_file(&edition.frozen);
                match config.leave_page(READERS_TOKEN) {
                    Some(page) => html.replace(&page, &config.unsubscribe(&edition.digest)),
                    None => html,
                }
            };
            Ok::<_, store::Error>(edition.map(of_nobody))
        });
        match html.await {
            Ok(Some(html)) => Answer::Page(html),
            Ok(None) => Answer::NotFound(render::not_found(&app.config.theme)),
            Err(e) => Answer::Unavailable(e.to_string()),
        }
    }

    async fn ask(&self, token: String) -> Answer {
        let app = self.app();
        match app.db.call(move |store| store.subscription(&token)).await {
            Ok(Some(subscription)) => app.page(&subscription),
            Ok(None) => Answer::NotFound(render::not_found(&app.config.theme)),
            Err(e) => Answer::Unavailable(e.to_string()),
        }
    }

    async fn leave(&self, token: String) -> Answer {
        let (app, now) = (self.app(), Utc::now());
        let left = app.db.call(move |store| {
            store.leave(&token, now)?;
            store.subscription(&token)
        });
        match left.await {
            Ok(Some(subscription)) => {
                tracing::info!(digest = subscription.digest, "a reader has left");
                app.page(&subscription)
            }
            Ok(None) => Answer::NotFound(render::not_found(&app.config.theme)),
            Err(e) => Answer::Unavailable(e.to_string()),
        }
    }

    async fn health(&self) -> Result<(), String> {
        let app = self.app();
        let silent = Utc::now() - app.last_alive();
        if silent > chrono::Duration::minutes(15) {
            return Err(format!("the daemon has done nothing for {} minutes", silent.num_minutes()));
        }
        app.db.call(|store| store.pruned()).await.map(drop).map_err(|e| e.to_string())
    }

    async fn metrics(&self) -> Result<Vec<Gauge>, String> {
        metrics::gauges(&self.app()).await
    }
}
