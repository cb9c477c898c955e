//! How much of each story a mail has room for: by rank within each section, so that every
//! section keeps its lead and a fair share of the rest. Pure: whoever calls says what is measured.

use crate::model::{Edition, Form, Placed, Section};

/// So many stories of each section are told in a few words at least, before the others are named.
const FRONT: usize = 3;

/// Bytes: a story without a page that is longer than this is shortened all the same, since it might
/// find no room in any mail.
const LONG: usize = 40_000;

/// Bytes: no story takes less, however little of it is told.
const LEAST: usize = 80;

/// Bytes: a closer fit is not searched for.
const CLOSE: usize = 128;

/// Gives each story of an edition the form its feed asks for, as far as the whole `fits`; the others
/// are shortened to excerpts or to titles, and what is left has no room. Nothing is cut in the
/// middle, and one story always stays.
///
/// `weigh` says about how many bytes a story takes in its form. It decides which story gets how
/// much of the room, `fits` how much room there is, which is never more than `most` bytes.
pub fn fit(
    edition: Edition,
    most: usize,
    weigh: impl Fn(&Placed) -> usize,
    fits: impl Fn(&Edition) -> bool,
) -> Edition {
    let could_fit = most / LEAST;
    if edition.stories().count() <= could_fit && fits(&edition) {
        return edition;
    }
    let stories = weighed(&edition, could_fit, weigh);
    let grants = grants(&stories);
    let weights = stories.iter().filter_map(|story| story.weights.iter().max());
    let all: usize = weights.copied().fold(0, usize::saturating_add).min(most.saturating_mul(2));
    let (mut budget, mut too_much) = (0, all);
    let mut fitted = allotted(&edition, &allot(&stories, &grants, 0));
    while too_much - budget > CLOSE {
        let middle = usize::midpoint(budget, too_much);
        let trial = allotted(&edition, &allot(&stories, &grants, middle));
        if fits(&trial) {
            (budget, fitted) = (middle, trial);
        } else {
            too_much = middle;
        }
    }
    fitted
}

/// A story as far as room goes.
struct Weighed {
    section: usize,
    /// Its place within the section.
    rank: usize,
    /// As its feed asks for.
    wanted: Form,
    /// Less than this is not given: what has no page can be read nowhere else.
    least: Form,
    /// Bytes in each form: as a title, an excerpt, whole.
    weights: [usize; 3],
}

impl Weighed {
    fn weight(&self, form: Form) -> usize {
        self.weights.get(form as usize).copied().unwrap_or(usize::MAX)
    }
}

/// Those that come first by rank, as many as `could_fit`, are weighed; no room is so large that others had a
/// place in it.
fn weighed(edition: &Edition, could_fit: usize, weigh: impl Fn(&Placed) -> usize) -> Vec<Weighed> {
    let mut ranks: Vec<usize> =
        edition.sections.iter().flat_map(|section| 0..section.stories.len()).collect();
    ranks.sort_unstable();
    let last = ranks.get(could_fit).copied().unwrap_or(usize::MAX);
    let mut stories = Vec::new();
    for (section, stories_of_it) in edition.sections.iter().enumerate() {
        for (rank, placed) in stories_of_it.stories.iter().enumerate() {
            let mut trial = placed.clone();
            let mut weights = [usize::MAX; 3];
            if rank <= last {
                let mut known = None;
                weights = [Form::Title, Form::Excerpt, Form::Full].map(|form| {
                    trial.form = form.min(placed.form);
                    match known {
                        Some((form, weight)) if form == trial.form => weight,
                        _ => known.insert((trial.form, weigh(&trial))).1,
                    }
                });
            }
            let is_elsewhere = placed.story.lead.link.is_some();
            let least = if is_elsewhere || weights.iter().any(|weight| *weight > LONG) {
                Form::Title
            } else {
                placed.form
            };
            stories.push(Weighed { section, rank, wanted: placed.form, least, weights });
        }
    }
    stories
}

/// Which story is given which form, in the order in which that happens while there is room.
fn grants(stories: &[Weighed]) -> Vec<(usize, Form)> {
    let mut by_rank: Vec<usize> = (0..stories.len()).collect();
    by_rank.sort_by_key(|&i| stories.get(i).map(|story| (story.rank, story.section)));
    let of = |wanted: fn(&Weighed) -> Option<Form>| {
        by_rank.iter().filter_map(move |&i| Some((i, wanted(stories.get(i)?)?)))
    };
    let in_brief = |story: &Weighed| Some(story.wanted.min(Form::Excerpt));
    // The leads of the sections.
    of(|story| (story.rank == 0).then_some(Form::Title))
        .chain(of(|story| (story.rank == 0).then_some(story.wanted.min(Form::Excerpt))))
        // What stands beside them.
        .chain(of(|story| (story.rank < FRONT).then_some(story.wanted.min(Form::Excerpt))))
        // All are named,
        .chain(of(|_| Some(Form::Title)))
        // printed as their feeds ask for,
        .chain(of(|story| Some(story.wanted)))
        // or else in brief.
        .chain(of(in_brief))
        .collect()
}

/// The form of each story; None for those without room. What is too large for the room that is
/// left is passed by, and a smaller one after it is not.
fn allot(stories: &[Weighed], grants: &[(usize, Form)], budget: usize) -> Vec<Option<Form>> {
    let mut forms: Vec<Option<Form>> = vec![None; stories.len()];
    let mut taken = 0;
    for &(i, form) in grants {
        let (Some(story), Some(slot)) = (stories.get(i), forms.get_mut(i)) else { continue };
        if form < story.least || slot.is_some_and(|given| given >= form) {
            continue;
        }
        let more = story.weight(form).saturating_sub(slot.map_or(0, |given| story.weight(given)));
        if more <= budget.saturating_sub(taken) {
            taken += more;
            *slot = Some(form);
        }
    }
    if let Some(first) = forms.first_mut() {
        first.get_or_insert(Form::Title);
    }
    forms
}

fn allotted(edition: &Edition, forms: &[Option<Form>]) -> Edition {
    let mut forms = forms.iter();
    let mut left_out = edition.left_out.clone();
    let mut sections = Vec::new();
    for section in &edition.sections {
        let mut shown = Vec::new();
        for placed in &section.stories {
            match forms.next().copied().flatten() {
                Some(form) => shown.push(Placed { story: placed.story.clone(), form }),
                None => left_out.push(placed.story.clone()),
            }
        }
        if !shown.is_empty() {
            sections.push(Section { title: section.title.clone(), stories: shown });
        }
    }
    Edition {
        left_out,
        updated: edition.updated.clone(),
        briefing: edition.briefing.clone(),
        ..edition.of_sections(sections)
    }
}

#[cfg(test)]
mod tests {
    use std::sync::Arc;

    use chrono::DateTime;
    use chrono_tz::Tz;

    use super::*;
    use crate::compose::tests::story;
    use crate::model::Images;

    /// Sections of so many stories each.
    fn edition(sections: &[usize]) -> Edition {
        let section = |(i, stories): (usize, &usize)| Section {
            title: Some(format!("section {i}")),
            stories: (0..*stories)
                .map(|n| {
                    let mut story = story(&format!("{i}.{n}"), 1, None);
                    story.lead.link = Some("https://courier.example/".into());
                    Placed { story: Arc::new(story), form: Form::Full }
                })
                .collect(),
        };
        Edition {
            digest: "daily".into(),
            title: "Daily".into(),
            number: 1,
            due: DateTime::UNIX_EPOCH,
            zone: Tz::UTC,
            language: "en".into(),
            images: Images::None,
            sections: sections.iter().enumerate().map(section).collect(),
            late: None,
            left_out: Vec::new(),
            briefing: None,
            written_by: None,
            updated: Vec::new(),
        }
    }

    fn weigh(placed: &Placed) -> usize {
        1_000 * (1 + 10 * placed.form as usize)
    }

    fn size(edition: &Edition) -> usize {
        edition.stories().map(weigh).sum()
    }

    fn forms(edition: &Edition) -> Vec<Vec<Form>> {
        edition.sections.iter().map(|s| s.stories.iter().map(|p| p.form).collect()).collect()
    }

    #[test]
    fn whatever_the_room_it_is_kept_to_and_nothing_is_lost_silently() {
        let edition = edition(&[4, 2]);
        for max in (1..130).map(|thousands| thousands * 1_000) {
            let fitted = fit(edition.clone(), usize::MAX, weigh, |e| size(e) <= max);
            assert!(size(&fitted) <= max, "{max}");
            assert_eq!(fitted.stories().count() + fitted.left_out.len(), 6);
        }
        assert_eq!(fit(edition.clone(), usize::MAX, weigh, |_| false).stories().count(), 1);
        assert_eq!(fit(edition.clone(), usize::MAX, weigh, |e| size(e) <= 126_000), edition);
    }

    #[test]
    fn every_section_keeps_its_lead_and_a_fair_share() {
        use Form::{Excerpt, Full, Title};
        let edition = edition(&[6, 6, 1]);
        // All are named, and the first of each section printed in a few words,
        assert_eq!(
            forms(&fit(edition.clone(), usize::MAX, weigh, |e| size(e) <= 84_000)),
            [
                vec![Excerpt, Excerpt, Excerpt, Title, Title, Title],
                vec![Excerpt, Excerpt, Excerpt, Title, Title, Title],
                vec![Excerpt]
            ]
        );
        // then whole by their ranks,
        let whole = |edition: &Edition| forms(edition).concat().iter().filter(|form| **form == Full).count();
        let fitted = fit(edition.clone(), usize::MAX, weigh, |e| size(e) <= 124_500);
        assert_eq!((forms(&fitted)[2][0], whole(&fitted)), (Full, 4));
        // and of those that cannot be named, none is of a section that has more than its share.
        let fitted = fit(edition, usize::MAX, weigh, |e| size(e) <= 79_500);
        assert_eq!(forms(&fitted).iter().map(Vec::len).collect::<Vec<_>>(), [4, 4, 1]);
    }

    #[test]
    fn one_story_that_is_too_long_does_not_shorten_the_others() {
        let edition = edition(&[3]);
        let weigh = |placed: &Placed| {
            let long = placed.story.lead.title == "0.0" && placed.form == Form::Full;
            weigh(placed) + if long { 900_000 } else { 0 }
        };
        let size = |edition: &Edition| edition.stories().map(weigh).sum::<usize>();
        let fitted = fit(edition, usize::MAX, weigh, |e| size(e) <= 100_000);
        assert_eq!(forms(&fitted), [[Form::Excerpt, Form::Full, Form::Full]]);
    }

    #[test]
    fn what_has_no_page_is_whole_or_waits() {
        let mut edition = edition(&[4]);
        for placed in &mut edition.sections[0].stories {
            Arc::make_mut(&mut placed.story).lead.link = None;
        }
        let fitted = fit(edition, usize::MAX, weigh, |e| size(e) <= 50_000);
        assert_eq!((forms(&fitted), fitted.left_out.len()), (vec![vec![Form::Full; 2]], 2));
    }
}
