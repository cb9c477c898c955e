//! The pages of an edition in the web. Where the mail shows all of it, one page like it; else one that
//! lists all its stories, then the stories themselves, as many on each as are read at a stretch.

use std::sync::Arc;

use tidings_templates::{digest, view};

use super::{Imprint, summary, weigh, words::Words};
use crate::model::{Article, Edition, Form, Placed, Section, Story};

/// Bytes of the stories of one page; a longer story has a page to itself.
const PAGE: usize = 150_000;

/// The page of each story of an edition that is given as its feeds ask for, not as its mail has room:
/// counted from 1 behind the list of them. Without pages of their own all are on the first, 0.
pub fn paginate(edition: &Edition, imprint: &Imprint, is_one_page: bool) -> Vec<usize> {
    if is_one_page { vec![0; edition.stories().count()] } else { fill(edition, imprint) }
}

/// Renders the pages of an edition one by one, by the page of each story.
pub fn pages<'a>(
    edition: &'a Edition,
    imprint: &'a Imprint,
    of_story: &'a [usize],
) -> Box<dyn Iterator<Item = String> + 'a> {
    if of_story.iter().all(|page| *page == 0) {
        return Box::new(std::iter::once_with(|| one_page(edition, imprint)));
    }
    let last = of_story.last().copied().unwrap_or(0);
    let list = std::iter::once_with(|| list(edition, imprint, of_story));
    Box::new(list.chain((1..=last).map(move |number| page(edition, imprint, of_story, number, last))))
}

/// All of it, as the mail has it.
fn one_page(edition: &Edition, imprint: &Imprint) -> String {
    let mut view = of_nobody(super::view(edition, &Imprint { web_edition: None, ..imprint.clone() }, true));
    for (i, story) in view.sections.iter_mut().flat_map(|section| &mut section.stories).enumerate() {
        story.anchor = Some(anchor(i));
    }
    digest::render(&view)
}

/// Fills one page after the other.
fn fill(edition: &Edition, imprint: &Imprint) -> Vec<usize> {
    let (mut number, mut taken) = (1, 0);
    let of_story = edition.stories().map(|placed| {
        let weight = weigh(edition, imprint, placed);
        if taken > 0 && taken + weight > PAGE {
            (number, taken) = (number + 1, 0);
        }
        taken += weight;
        number
    });
    of_story.collect()
}

/// What is at the end of the edition's address: its pages link to each other by it, so that they
/// stay together wherever they are moved.
fn token(imprint: &Imprint) -> &str {
    imprint.web_edition.as_deref().and_then(|url| url.rsplit('/').next()).unwrap_or_default()
}

fn anchor(story: usize) -> String {
    format!("story-{}", story + 1)
}

fn list(edition: &Edition, imprint: &Imprint, of_story: &[usize]) -> String {
    let titles = edition.sections.iter().map(|section| Section {
        title: section.title.clone(),
        stories: section.stories.iter().map(title_alone).collect(),
    });
    let listed = edition.of_sections(titles.collect());
    let (updated, briefing) = (edition.updated.clone(), edition.briefing.clone());
    let listed = Edition { updated, briefing, ..listed };
    let mut view = digest_view(&listed, edition, imprint, false);
    let stories = view.sections.iter_mut().flat_map(|section| &mut section.stories);
    for (i, (story, page)) in stories.zip(of_story).enumerate() {
        story.headline.link = Some(format!("{}/{page}#{}", token(imprint), anchor(i)));
    }
    digest::render(&view)
}

fn page(edition: &Edition, imprint: &Imprint, of_story: &[usize], number: usize, last: usize) -> String {
    let mut numbers = of_story.iter();
    let mut sections = Vec::new();
    for section in &edition.sections {
        let here = section.stories.iter().filter(|_| numbers.next() == Some(&number));
        let stories: Vec<Placed> = here.cloned().collect();
        if !stories.is_empty() {
            sections.push(Section { title: section.title.clone(), stories });
        }
    }
    let first = of_story.iter().position(|page| *page == number).unwrap_or(0);
    let mut view = digest_view(&edition.of_sections(sections), edition, imprint, number == 1);
    for (i, story) in view.sections.iter_mut().flat_map(|section| &mut section.stories).enumerate() {
        story.anchor = Some(anchor(first + i));
    }
    let words = Words::in_language(&edition.language);
    let link = |title: String, link: Option<String>| view::Headline { title, link, language: None };
    view.pages = std::iter::once(link(words.at_a_glance(), Some(format!("../{}", token(imprint)))))
        .chain((1..=last).map(|n| link(n.to_string(), (n != number).then(|| n.to_string()))))
        .collect();
    digest::render(&view)
}

/// A page in the dress of the mail, with what the masthead says of the whole edition.
fn digest_view(shown: &Edition, edition: &Edition, imprint: &Imprint, leads: bool) -> view::Digest {
    let words = Words::in_language(&edition.language);
    let imprint = Imprint { web_edition: None, ..imprint.clone() };
    view::Digest {
        summary_line: summary(edition, words),
        contents: None,
        ..of_nobody(super::view(shown, &imprint, leads))
    }
}

/// Whoever reads a page is not known.
fn of_nobody(mut view: view::Digest) -> view::Digest {
    view.footer.reason = None;
    view
}

fn title_alone(placed: &Placed) -> Placed {
    let lead =
        Article { html: String::new(), text: String::new(), printed: None, ..placed.story.lead.clone() };
    let story = Story {
        lead,
        revised: placed.story.revised,
        merged: Vec::new(),
        others: placed.story.others.clone(),
    };
    Placed { story: Arc::new(story), form: Form::Title }
}
