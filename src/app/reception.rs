//! What a reader who leaves meets: the pages' words, and the subscriptions behind them.

use chrono::Utc;

use super::App;
use crate::render;
use crate::store::Subscription;
use crate::web::{Answer, Reception};

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

impl Reception for App {
    async fn edition(&self, token: String) -> Answer {
        match self.db.call(move |store| store.edition_by_token(&token)).await {
            Ok(Some(issue)) => Answer::Page(render::in_one_file(&issue.frozen)),
            Ok(None) => Answer::NotFound(render::not_found(&self.config.theme)),
            Err(e) => Answer::Trouble(e.to_string()),
        }
    }

    async fn ask(&self, token: String) -> Answer {
        match self.db.call(move |store| store.subscription(&token)).await {
            Ok(Some(subscription)) => self.page(&subscription),
            Ok(None) => Answer::NotFound(render::not_found(&self.config.theme)),
            Err(e) => Answer::Trouble(e.to_string()),
        }
    }

    async fn leave(&self, token: String) -> Answer {
        let now = Utc::now();
        let left = self.db.call(move |store| {
            store.leave(&token, now)?;
            store.subscription(&token)
        });
        match left.await {
            Ok(Some(subscription)) => {
                tracing::info!(digest = subscription.digest, "a reader has left");
                self.page(&subscription)
            }
            Ok(None) => Answer::NotFound(render::not_found(&self.config.theme)),
            Err(e) => Answer::Trouble(e.to_string()),
        }
    }
}
