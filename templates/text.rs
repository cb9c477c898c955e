//! The same mail as plain text: the same order, the same words, links by number under
//! each story. Lines are as long as they are; whoever sends the text wraps it.

use crate::digest::addresses;
use crate::view::{Body, Digest, Headline, Layout, Story};

/// Renders the text part, unwrapped. A line that holds an address holds nothing else
/// that could be wrapped with it.
pub fn render(digest: &Digest) -> String {
    let mut out = String::new();
    let mut line = |text: &str| {
        out.push_str(text);
        out.push('\n');
    };
    line(&digest.date_line.join(" · "));
    line(&digest.title);
    if let Some(tagline) = &digest.tagline {
        line(tagline);
    }
    line(&digest.summary_line.join(" · "));
    if let Some(web_edition) = &digest.web_edition {
        line(&format!("{}:", web_edition.title));
        line(&format!("<{}>", web_edition.link.as_deref().unwrap_or_default()));
    }
    if let Some(briefing) = &digest.briefing {
        line("");
        line(&format!("{}:", briefing.heading));
        for sentence in &briefing.sentences {
            line(&format!("- {}", sentence.title));
            if let Some(link) = &sentence.link {
                line(&format!("  <{link}>"));
            }
        }
    }
    if let Some(contents) = &digest.contents {
        line("");
        line(&format!("{}:", contents.heading));
        for item in &contents.items {
            let section = item.section.as_ref().map(|section| format!("{section}: ")).unwrap_or_default();
            line(&format!("- {section}{}", item.headline.title));
        }
    }
    let mut number = 0;
    for section in &digest.sections {
        line("");
        line("");
        if let Some(heading) = &section.heading {
            let outlet = section.outlet.as_ref().map(|outlet| format!(" · {outlet}")).unwrap_or_default();
            line(&format!("== {heading}{outlet} =="));
            line("");
        }
        for (i, story) in section.stories.iter().enumerate() {
            if i > 0 {
                line("");
            }
            number += 1;
            for text in story_lines(story, number) {
                line(&text);
            }
        }
    }
    line("");
    line("");
    if let Some(updated) = &digest.updated {
        line(&format!("== {} ==", updated.heading));
        line("");
        for item in &updated.items {
            line(&format!("- {} ({} · {})", item.headline.title, item.note, item.outlet));
            if let Some(link) = &item.headline.link {
                line(&format!("  <{link}>"));
            }
        }
        if let Some(more) = &updated.more {
            line(more);
        }
        line("");
    }
    if let Some(left_out) = &digest.left_out {
        line(&left_out.title);
        if let Some(link) = left_out.link.as_deref() {
            line(&format!("<{link}>"));
        }
        line("");
    }
    // The signature separator: mail readers dim what follows, and leave it out of replies.
    line("-- ");
    if let Some(note) = &digest.footer.note {
        line(note);
    }
    if let Some(by_machine) = &digest.footer.by_machine {
        line(by_machine);
    }
    if let Some(reason) = &digest.footer.reason {
        line(&reason.why);
    }
    let link = |out: &mut String, headline: &Headline| {
        out.push_str(&format!("{}:\n<{}>\n", headline.title, headline.link.as_deref().unwrap_or_default()));
    };
    if let Some(reason) = &digest.footer.reason {
        link(&mut out, &reason.unsubscribe);
    }
    link(&mut out, &digest.footer.editor);
    if let Some(web_edition) = digest.web_edition.as_ref().filter(|_| addresses(&out) % 2 == 1) {
        link(&mut out, web_edition);
    }
    out.push_str(&digest.footer.sender);
    out.push('\n');
    out
}

fn story_lines(story: &Story, number: usize) -> Vec<String> {
    let mut lines = vec![format!("{number}. {}", story.headline.title)];
    lines.extend(story.original.as_ref().map(|original| format!("   ({})", original.title)));
    let is_large = matches!(story.layout, Layout::Lead | Layout::Large);
    let caption = story.image.as_ref().filter(|image| is_large && !image.caption.is_empty());
    lines.extend(caption.map(|image| format!("   [{}]", image.caption)));
    match &story.body {
        Body::None => {}
        Body::Excerpt(text) => lines.push(format!("   {text}")),
        Body::Full { summary, text, .. } => {
            lines.push(String::new());
            if let Some(summary) = summary {
                lines.extend([format!("   {}", summary.title), String::new()]);
            }
            lines.extend(text.lines().map(|l| if l.is_empty() { String::new() } else { format!("   {l}") }));
            lines.push(String::new());
        }
    }
    let meta: Vec<&str> = story.outlet.iter().chain(&story.meta).map(String::as_str).collect();
    if !meta.is_empty() {
        lines.push(format!("   {}", meta.join(" · ")));
    }
    lines.extend(address(&story.headline));
    for link in &story.links {
        // An episode without a page leads to its sound already.
        if link.link == story.headline.link {
            lines.push(format!("   {}", link.title));
        } else {
            lines.push(format!("   {}:", link.title));
            lines.extend(address(link));
        }
    }
    if let Some(related) = &story.related {
        lines.push(format!("   {}:", related.heading));
        for (headline, outlet) in &related.items {
            lines.push(format!("   - {} ({outlet})", headline.title));
            lines.extend(address(headline).map(|a| format!("  {a}")));
        }
    }
    lines
}

fn address(headline: &Headline) -> Option<String> {
    headline.link.as_ref().map(|link| format!("   <{link}>"))
}
