//! An edition that would be published, as `preview` and `replay` show it in JSON.

use chrono::{DateTime, Utc};
use serde::Serialize;

use crate::app::draft::Draft;
use crate::config::Digest;
use crate::model::{Article, MachineExcerpt, Story, Why};

/// An edition as JSON shows it.
#[derive(Serialize)]
pub(super) struct Description<'a> {
    digest: &'a str,
    subject: &'a str,
    /// Sentences of a language model.
    briefing: Vec<&'a str>,
    sections: Vec<SectionDescription<'a>>,
    /// What earlier editions carried and has changed since.
    updated: Vec<UpdateDescription<'a>>,
    /// What is not shown since an earlier edition carried it.
    known: Vec<Repeat<'a>>,
    /// The HTML part, decoded.
    html_bytes: usize,
    left_out: Vec<Headline<'a>>,
}

#[derive(Serialize)]
struct SectionDescription<'a> {
    title: Option<&'a str>,
    stories: Vec<StoryDescription<'a>>,
}

#[derive(Serialize)]
struct StoryDescription<'a> {
    title: &'a str,
    revised: bool,
    /// The one that leads it, then the others.
    articles: Vec<ArticleDescription<'a>>,
    /// Copies of one of them, not shown.
    merged: Vec<Copy<'a>>,
}

#[derive(Serialize)]
struct Copy<'a> {
    feed: &'a str,
    title: &'a str,
    link: Option<&'a str>,
    why: String,
}

#[derive(Serialize)]
struct UpdateDescription<'a> {
    title: &'a str,
    previous_title: Option<&'a str>,
    link: Option<&'a str>,
    feed: &'a str,
}

#[derive(Serialize)]
struct Repeat<'a> {
    feed: &'a str,
    why: String,
}

#[derive(Serialize)]
struct ArticleDescription<'a> {
    feed: &'a str,
    title: &'a str,
    link: Option<&'a str>,
    published: DateTime<Utc>,
    language: Option<&'a str>,
    excerpt: &'a str,
    html: &'a str,
    /// Why it is with the first.
    #[serde(skip_serializing_if = "Option::is_none")]
    why: Option<String>,
    /// What of it a language model wrote.
    #[serde(skip_serializing_if = "Option::is_none")]
    by_machine: Option<ByMachineDescription<'a>>,
}

#[derive(Serialize)]
struct ByMachineDescription<'a> {
    language: &'a str,
    original_title: Option<&'a str>,
    excerpt: Option<MachineExcerpt>,
    html: bool,
}

#[derive(Serialize)]
struct Headline<'a> {
    title: &'a str,
    link: Option<&'a str>,
}

/// Puts an edition in the words of JSON.
pub(super) fn describe<'a>(digest: &'a Digest, draft: &'a Draft) -> Description<'a> {
    let story = |story: &'a Story| StoryDescription {
        title: &story.lead.title,
        revised: story.revised,
        articles: std::iter::once(article(&story.lead, None))
            .chain(story.others.iter().map(|tie| article(&tie.article, Some(tie.why))))
            .collect(),
        merged: story
            .merged
            .iter()
            .map(|tie| Copy {
                feed: &tie.article.feed,
                title: &tie.article.title,
                link: tie.article.link.as_deref(),
                why: tie.why.to_string(),
            })
            .collect(),
    };
    Description {
        digest: &digest.id,
        subject: &draft.frozen.subject,
        briefing: draft
            .edition
            .briefing
            .iter()
            .flat_map(|briefing| &briefing.sentences)
            .map(|sentence| sentence.text.as_str())
            .collect(),
        sections: draft
            .edition
            .sections
            .iter()
            .map(|s| SectionDescription {
                title: s.title.as_deref(),
                stories: s.stories.iter().map(|p| story(&p.story)).collect(),
            })
            .collect(),
        updated: draft
            .edition
            .updated
            .iter()
            .map(|update| UpdateDescription {
                title: &update.article.title,
                previous_title: update.previous_title.as_deref(),
                link: update.article.link.as_deref(),
                feed: &update.article.feed,
            })
            .collect(),
        known: draft.repeats.iter().map(|(feed, _, why)| Repeat { feed, why: why.to_string() }).collect(),
        html_bytes: draft.frozen.html.len(),
        left_out: draft
            .edition
            .left_out
            .iter()
            .map(|s| Headline { title: &s.lead.title, link: s.lead.link.as_deref() })
            .collect(),
    }
}

fn article(article: &Article, why: Option<Why>) -> ArticleDescription<'_> {
    ArticleDescription {
        feed: &article.feed,
        title: &article.title,
        link: article.link.as_deref(),
        published: article.published,
        language: article.language.as_deref(),
        excerpt: &article.excerpt,
        html: &article.html,
        why: why.map(|why| why.to_string()),
        by_machine: article.by_machine.as_ref().map(|by| ByMachineDescription {
            language: &by.language,
            original_title: by.original_title.as_deref(),
            excerpt: by.excerpt,
            html: by.has_body,
        }),
    }
}
