//! `[rule.CLASS]`: when a thing of a class is a violation, and which matter code it gets.

use std::{collections::BTreeMap, time::Duration};

use super::{
    Rules,
    reader::{Metres, Node, Share},
};
use crate::{
    base::ClassName,
    judge::{Hours, Rule},
    resolve::{Codes, default_code},
};

const DEFAULT_MERGE_RADIUS_M: f64 = 15.0;
const DEFAULT_REJECT_FOR: Duration = Duration::from_secs(90 * 24 * 3600);

pub(super) fn read(root: &Node<'_>) -> Option<Rules> {
    let tables = root.named_tables("rule");
    if tables.is_empty() && !root.has("rule") {
        root.fault("rule", "is missing; give at least one [rule.CLASS]");
        return None;
    }
    let (mut rules, mut codes, mut whole) = (BTreeMap::new(), BTreeMap::new(), true);
    for (class, node) in tables {
        let class = ClassName::from(class);
        match one(&node, &class) {
            Some((rule, code)) => {
                rules.insert(class.clone(), rule);
                codes.insert(class, code);
            }
            None => whole = false,
        }
        node.finish();
    }
    whole.then_some((rules, codes))
}

/// The classes that have a rule, even a faulty one.
pub(super) fn classes(root: &Node<'_>) -> Vec<ClassName> {
    root.names("rule").into_iter().map(ClassName::from).collect()
}

fn one(node: &Node<'_>, class: &ClassName) -> Option<(Rule, String)> {
    let dwell = node.required::<Duration>("dwell");
    let gone_after = node.required::<Duration>("gone_after");
    if gone_after.is_some_and(|d| d.is_zero()) {
        node.fault("gone_after", "must be above 0, for example \"20m\"");
    }
    let merge = node.or("merge_radius_m", Metres(DEFAULT_MERGE_RADIUS_M));
    let min_score = node.or("min_score", Share(0.0));
    let hours = hours(node);
    let reject_for = node.or("reject_for", DEFAULT_REJECT_FOR);
    let merge_radius_m = merge.as_ref().map_or(DEFAULT_MERGE_RADIUS_M, |m| m.0);
    let reject_radius = node.or("reject_radius_m", Metres(merge_radius_m));
    let code = code(node, class);
    let rule = Rule {
        dwell: dwell?,
        gone_after: gone_after?,
        merge_radius_m: merge?.0,
        min_score: min_score?.0,
        hours: hours?,
        reject_radius_m: reject_radius?.0,
        reject_for: reject_for?,
    };
    Some((rule, code?))
}

/// `hours`, when given; the outer `None` only after a fault.
pub(super) fn hours(node: &Node<'_>) -> Option<Option<Hours>> {
    if node.has("hours") {
        node.made("hours", |text: String| Hours::parse(&text)).map(Some)
    } else {
        Some(None)
    }
}

fn code(node: &Node<'_>, class: &ClassName) -> Option<String> {
    let Some(code) = node.optional::<String>("code") else {
        if node.has("code") {
            return None;
        }
        let known = default_code(class.as_str()).map(str::to_owned);
        if known.is_none() {
            node.fault(
                "code",
                format!("is missing; class {class} has no usual matter code, give the five digits"),
            );
        }
        return known;
    };
    if Codes::builtin().name(&code).is_none() {
        node.fault(
            "code",
            format!("{code:?} is no matter code of GB/T 47678.5, for example \"06042\""),
        );
        return None;
    }
    Some(code)
}
