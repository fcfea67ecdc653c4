//! What really happens in the demo's clips, and how cases compare with it.

use std::{collections::BTreeMap, path::Path};

use anyhow::Context as _;
use serde::Deserialize;

use crate::{
    base::{ClassName, LonLat},
    resolve::Case,
};

/// The part of truth.json that the comparison needs.
#[derive(Debug, Deserialize)]
pub struct Truth {
    /// Length of the clips in seconds.
    pub duration_s: f64,
    /// What is a violation.
    pub violations: Vec<TrueViolation>,
}

/// One violation that really happens.
#[derive(Clone, Debug, Deserialize)]
pub struct TrueViolation {
    /// Its name in the file.
    pub id: String,
    /// Its class.
    pub class: ClassName,
    /// Where it stands, WGS84.
    #[serde(flatten)]
    pub place: LonLat,
}

/// How the cases of one class compare.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Compared {
    /// Violations that really happen.
    pub violations: usize,
    /// Violations with exactly one case.
    pub found: usize,
    /// Names of those with none.
    pub missed: Vec<String>,
    /// Cases beyond the first of a violation.
    pub doubled: usize,
    /// Numbers of cases that answer no violation.
    pub false_cases: Vec<String>,
}

impl Compared {
    /// One case for each violation and none besides.
    pub fn is_exact(&self) -> bool {
        self.found == self.violations && self.doubled == 0 && self.false_cases.is_empty()
    }
}

impl Truth {
    /// Reads truth.json.
    ///
    /// # Errors
    /// When it cannot be read.
    pub fn load(path: &Path) -> anyhow::Result<Self> {
        let text =
            std::fs::read(path).with_context(|| format!("{} cannot be read", path.display()))?;
        serde_json::from_slice(&text)
            .with_context(|| format!("{} is no truth file", path.display()))
    }

    /// Compares per class. A case answers the nearest violation of its class within the class's
    /// radius of `reach_m`.
    pub fn compare(
        &self,
        cases: &[Case],
        reach_m: impl Fn(&ClassName) -> f64,
    ) -> BTreeMap<ClassName, Compared> {
        let mut table: BTreeMap<ClassName, Compared> = BTreeMap::new();
        let mut answers = vec![0usize; self.violations.len()];
        for case in cases {
            let nearest = self
                .violations
                .iter()
                .enumerate()
                .filter(|(_, v)| v.class == case.class)
                .map(|(i, v)| (i, v.place.distance_m(case.place)))
                .filter(|(_, d)| *d <= reach_m(&case.class))
                .min_by(|a, b| a.1.total_cmp(&b.1));
            match nearest {
                Some((i, _)) => answers[i] += 1,
                None => {
                    let row = table.entry(case.class.clone()).or_default();
                    row.false_cases.push(case.id.to_string());
                }
            }
        }
        for (violation, answers) in self.violations.iter().zip(answers) {
            let row = table.entry(violation.class.clone()).or_default();
            row.violations += 1;
            row.doubled += answers.saturating_sub(1);
            match answers {
                0 => row.missed.push(violation.id.clone()),
                1 => row.found += 1,
                _ => {}
            }
        }
        table
    }
}
