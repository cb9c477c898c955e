//! Editions that came out before the archive was public: what they carried is made ready to be searched, a few
//! editions at a time, from the entries that are still kept.

use super::{App, Error, off_thread};
use crate::article::{self, FeedBoilerplate, Rules};
use crate::config::Config;
use crate::model::{ArchivedArticle, Images};
use crate::store::{self, IndexedArticle, Shown};

/// Editions at a time, so that nobody waits for them.
const AT_ONCE: usize = 20;

/// Makes the newest editions that search does not know ready to be found, where everybody may.
///
/// # Errors
/// When the store fails.
pub async fn index_older(app: &App) -> Result<(), Error> {
    for _ in 0..AT_ONCE {
        if !app.config.is_public() {
            break;
        }
        // The editions of a week have only what others have.
        let digests: Vec<String> = app.config.digests.iter().map(|digest| digest.id.clone()).collect();
        let unindexed = app.db.call(move |store| store.unindexed(&digests)).await?;
        let Some((edition, shown)) = unindexed else { break };
        let config = app.config.clone();
        let articles = off_thread(move || indexed(&config, &shown)).await?;
        let articles = articles.map_err(|e| Error::Setup(format!("cannot index an edition: {e}")))?;
        app.db.call(move |store| store.index_below(edition, &articles)).await?;
    }
    Ok(())
}

fn indexed(config: &Config, shown: &[Shown]) -> std::io::Result<Vec<IndexedArticle>> {
    let articles = shown.iter().map(|Shown { feed: id, title, language, stored }| {
        let Some(settings) = config.feed(id) else {
            // Of a feed that is gone, what is known without it.
            return archived(title.as_deref().unwrap_or(id), stored);
        };
        let feed = &settings.feed;
        let boilerplate = FeedBoilerplate::of([], Rules::of(feed));
        let (title, language) = (title.as_deref(), language.as_deref());
        let article = article::read(
            &stored.entry,
            feed,
            title,
            language,
            &boilerplate,
            Images::None,
            stored.first_seen,
        );
        ArchivedArticle {
            place: None,
            outlet: article.outlet,
            title: article.title,
            link: article.link,
            language: article.language,
            published: article.published,
            text: article.text,
        }
    });
    articles.map(IndexedArticle::new).collect()
}

fn archived(outlet: &str, stored: &store::Stored) -> ArchivedArticle {
    ArchivedArticle {
        place: None,
        outlet: outlet.to_owned(),
        title: stored.entry.title.clone().unwrap_or_default(),
        link: stored.entry.link.clone(),
        language: None,
        published: stored.entry.published.unwrap_or(stored.first_seen),
        text: String::new(),
    }
}
