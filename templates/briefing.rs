//! What is most important, before everything else: a few sentences, each of which leads to its story.

use maud::{Markup, html};

use crate::story::linked;
use crate::theme::{INK, LABEL, LEAD_TEXT, display_fonts, is_cjk, side};
use crate::view::{Briefing, Language};

pub(crate) fn render(briefing: &Briefing, language: &Language, accent: &str) -> Markup {
    html! {
        tr {
            td class=(if is_cjk(language) { "gutter cjk" } else { "gutter" }) align=(side(language)) style="padding:16px 32px 8px" {
                h2 class="d-acc" dir="auto" style={ "margin:0 0 6px;font-family:" (display_fonts(language)) ";" (LABEL.of(language)) ";font-weight:bold;color:" (accent) } { (briefing.heading) }
                @for sentence in &briefing.sentences {
                    @let own = sentence.language.as_ref();
                    p class="d-ink" dir=[own.map(Language::dir)] align=[own.map(side)] style={ "margin:0 0 8px;" (LEAD_TEXT.of(own.unwrap_or(language))) ";color:" (INK) } { (linked(sentence, INK, "d-ink", false)) }
                }
            }
        }
    }
}
