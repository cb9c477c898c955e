//! Text as it stands in markup.

/// Text of an XML element, or an attribute between double quotes.
pub fn escape_xml(out: &mut String, text: &str) {
    escape(out, text, &['&', '<', '>', '"']);
}

/// Text of an HTML element, as browsers write it (WHATWG HTML 13.3, "escaping a string").
pub fn escape_html(out: &mut String, text: &str) {
    escape(out, text, &['&', '<', '>', '\u{a0}']);
}

/// An HTML attribute between double quotes.
pub fn escape_html_attribute(out: &mut String, text: &str) {
    escape(out, text, &['&', '<', '>', '\u{a0}', '"']);
}

fn escape(out: &mut String, text: &str, special: &[char]) {
    out.reserve(text.len());
    let mut rest = text;
    while let Some(at) = rest.find(special) {
        let (before, found) = rest.split_at(at);
        out.push_str(before);
        let mut characters = found.chars();
        out.push_str(match characters.next() {
            Some('&') => "&amp;",
            Some('<') => "&lt;",
            Some('>') => "&gt;",
            Some('"') => "&quot;",
            _ => "&nbsp;",
        });
        rest = characters.as_str();
    }
    out.push_str(rest);
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_place_escapes_what_would_end_it() {
        let escaped = |escape: fn(&mut String, &str)| {
            let mut out = String::new();
            escape(&mut out, "a < b && \"c\"\u{a0}> d");
            out
        };
        assert_eq!(escaped(escape_xml), "a &lt; b &amp;&amp; &quot;c&quot;\u{a0}&gt; d");
        assert_eq!(escaped(escape_html), "a &lt; b &amp;&amp; \"c\"&nbsp;&gt; d");
        assert_eq!(escaped(escape_html_attribute), "a &lt; b &amp;&amp; &quot;c&quot;&nbsp;&gt; d");
    }
}
