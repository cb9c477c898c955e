//! A whole article's own markup, dressed: every tag that shows gets its style with it, since many
//! mail programs read no other. The markup is the cleaner's, so a `<` in it always begins a tag.

use std::borrow::Cow;

use maud::{Markup, PreEscaped};

use crate::safe::SafeHtml;
use crate::theme::{META, RULE, TINT};

/// Element, attributes beside its style, style. `{accent}` is the owner's colour.
const DRESS: [(&str, &str, &str); 17] = [
    ("p", "", "margin:0 0 12px"),
    ("ul", "", "margin:0 0 12px;padding:0 0 0 22px"),
    ("ol", "", "margin:0 0 12px;padding:0 0 0 26px"),
    ("li", "", "margin:0 0 4px"),
    ("dl", "", "margin:0 0 12px"),
    ("dt", "", "font-weight:bold"),
    ("dd", "", "margin:0 0 6px 18px"),
    ("h4", "", "margin:22px 0 6px;font-size:17px;line-height:25px"),
    ("h5", "", "margin:18px 0 6px;font-size:15px;line-height:23px"),
    ("h6", "", "margin:18px 0 6px;font-size:15px;line-height:23px"),
    ("a", "", "color:{accent};text-decoration:underline"),
    ("blockquote", "", "margin:0 0 12px;padding:0 14px;border-left:3px solid {accent}"),
    (
        "pre",
        " class=\"d-tint\"",
        "margin:0 0 12px;padding:12px;background-color:{tint};font-size:13px;line-height:20px;white-space:pre-wrap;word-break:break-word",
    ),
    ("figure", "", "margin:0 0 16px"),
    ("figcaption", " class=\"d-mut\"", "margin:6px 0 0;font-size:13px;line-height:20px;color:{meta}"),
    (
        "table",
        " cellpadding=\"0\" cellspacing=\"0\" border=\"0\"",
        "margin:0 0 12px;border-collapse:collapse;font-size:14px;line-height:20px",
    ),
    ("hr", "", "margin:18px 0;border:0;border-top:1px solid {rule}"),
];
const CELL: &str = "padding:6px 8px;border:1px solid {rule};text-align:start;vertical-align:top";
const IMAGE: &str = "display:block;max-width:100%;height:auto";

pub(crate) fn render(html: &SafeHtml, accent: &str) -> Markup {
    let html = html.as_str();
    let mut out = String::with_capacity(html.len() * 3 / 2);
    let mut rest = html;
    while let Some((before, tag)) = rest.split_once('<') {
        out.push_str(before);
        out.push('<');
        let end = tag.find(|c: char| !c.is_ascii_alphanumeric()).unwrap_or(tag.len());
        let (name, after) = tag.split_at(end);
        out.push_str(name);
        out.push_str(&dress(name, accent));
        rest = after;
    }
    out.push_str(rest);
    PreEscaped(out)
}

fn dress(name: &str, accent: &str) -> Cow<'static, str> {
    let (attributes, style) = match name {
        "td" => ("", CELL),
        "th" => (" scope=\"col\"", CELL),
        "img" => ("", IMAGE),
        name => match DRESS.iter().find(|(element, ..)| *element == name) {
            Some((_, attributes, style)) => (*attributes, *style),
            None => return Cow::Borrowed(""),
        },
    };
    let style = style
        .replace("{accent}", accent)
        .replace("{tint}", TINT)
        .replace("{meta}", META)
        .replace("{rule}", RULE);
    Cow::Owned(format!("{attributes} style=\"{style}\""))
}
