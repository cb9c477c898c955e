//! When two addresses are the same page.

use url::Url;

/// Parameters that tell who clicked and where, not which page is meant.
const TRACKING: [&str; 44] = [
    "fbclid",
    "gclid",
    "gclsrc",
    "dclid",
    "gbraid",
    "wbraid",
    "msclkid",
    "yclid",
    "ysclid",
    "twclid",
    "ttclid",
    "igshid",
    "igsh",
    "li_fat_id",
    "mc_cid",
    "mc_eid",
    "_hsenc",
    "_hsmi",
    "mkt_tok",
    "oly_enc_id",
    "oly_anon_id",
    "vero_id",
    "vero_conv",
    "wickedid",
    "rb_clickid",
    "s_cid",
    "s_kwcid",
    "ef_id",
    "epik",
    "xtor",
    "xtref",
    "at_medium",
    "at_campaign",
    "at_custom1",
    "at_custom2",
    "ito",
    "ns_mchannel",
    "ns_source",
    "ns_campaign",
    "ns_linkname",
    "ns_fee",
    "maca",
    "spm",
    "share_token",
];

fn is_tracking(name: &str) -> bool {
    name.starts_with("utm_")
        || name.starts_with("pk_")
        || name.starts_with("mtm_")
        || TRACKING.contains(&name)
}

/// The same address without the parameters that only follow its reader around. An address
/// without any is not touched: some servers insist on their own spelling.
pub fn without_tracking(mut url: Url) -> Url {
    let Some(query) = url.query() else { return url };
    let kept: Vec<&str> =
        query.split('&').filter(|pair| !is_tracking(pair.split('=').next().unwrap_or_default())).collect();
    if kept.len() < query.split('&').count() {
        let kept = kept.join("&");
        url.set_query(Some(kept.as_str()).filter(|q| !q.is_empty()));
    }
    url
}

/// A link without what differs from day to day and from feed to feed: scheme, fragment,
/// campaign parameters and a closing slash.
pub fn stable_link(link: &str) -> String {
    let Ok(mut url) = Url::parse(link.trim()) else { return link.trim().to_owned() };
    url.set_fragment(None);
    let kept: Vec<(String, String)> = url
        .query_pairs()
        .filter(|(name, _)| !is_tracking(name))
        .map(|(name, value)| (name.into_owned(), value.into_owned()))
        .collect();
    url.set_query(None);
    if !kept.is_empty() {
        url.query_pairs_mut().extend_pairs(kept);
    }
    let text = url.as_str();
    let text = text.split_once("://").map_or(text, |(_, rest)| rest);
    text.trim_end_matches('/').to_owned()
}
