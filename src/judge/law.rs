//! Whether a thing of a class may stand at a place at a time: permits, and the hours of rules.

use std::collections::BTreeMap;

use chrono::{NaiveDateTime, NaiveTime, TimeZone as _};

use super::hours::{Hours, Stretch};
use super::options::{Options, Permit, Rule};
use crate::base::{ClassName, GroundPosition, WallTime};

/// What the law says.
#[derive(Clone, Debug, PartialEq)]
pub(super) enum Law {
    /// It may stand there now.
    Lawful,
    /// It may not.
    Unlawful {
        /// Since then; `None` when it never might, as far as anybody looks back.
        since: Option<WallTime>,
        /// The permit that would cover it at other times.
        permit: Option<String>,
    },
}

/// Part of the merge radius by which a place may lie outside a permit's area for its error's sake.
const LARGEST_TOLERANCE: f64 = 0.25;

/// Answers of opening hours, asked once a stretch. Derived from the options, so no part of any state.
#[derive(Debug, Default)]
pub(super) struct Calendar {
    permits: BTreeMap<usize, Asked>,
    rules: BTreeMap<ClassName, Asked>,
}

#[derive(Clone, Copy, Debug)]
struct Asked {
    from: NaiveDateTime,
    stretch: Stretch,
}

impl Calendar {
    /// What the law says about a thing of `class` at `position` at time `at`.
    pub(super) fn law(
        &mut self,
        options: &Options,
        (class, rule): (&ClassName, &Rule),
        position: GroundPosition,
        at: WallTime,
    ) -> Law {
        let local = at.to_utc().with_timezone(&options.timezone).naive_local();
        let mut since: Option<NaiveDateTime> = None;
        let mut permit = None;
        if let Some(hours) = &rule.hours {
            let asked = self.rules.entry(class.clone()).or_insert_with(|| Asked::ask(hours, local));
            let stretch = asked.at(hours, local);
            if !stretch.open {
                return Law::Lawful;
            }
            since = stretch.since;
        }
        let tolerance = position.error_m.min(LARGEST_TOLERANCE * rule.merge_radius_m);
        for (index, p) in options.permits.iter().enumerate() {
            if p.class != *class || p.area.distance_m(position.place) > tolerance {
                continue;
            }
            match self.permit(index, p, local) {
                None => return Law::Lawful,
                Some(ended) => {
                    since = since.max(ended);
                    permit = Some(p.id.clone());
                }
            }
        }
        Law::Unlawful { since: since.map(|t| wall(options.timezone, t)), permit }
    }

    /// `None` while the permit is good; else since when it is not, as far as that is known.
    fn permit(
        &mut self,
        index: usize,
        permit: &Permit,
        local: NaiveDateTime,
    ) -> Option<Option<NaiveDateTime>> {
        if local.date() < permit.valid_from {
            return Some(None);
        }
        let stretch = permit.hours.as_ref().map(|hours| {
            let asked = self.permits.entry(index).or_insert_with(|| Asked::ask(hours, local));
            asked.at(hours, local)
        });
        if local.date() > permit.valid_to {
            return Some(permit.valid_to.succ_opt().map(|day| day.and_time(NaiveTime::MIN)));
        }
        match stretch {
            None => None,
            Some(stretch) => (!stretch.open).then_some(stretch.since),
        }
    }
}

impl Asked {
    fn ask(hours: &Hours, local: NaiveDateTime) -> Self {
        Self { from: local, stretch: hours.stretch(local) }
    }

    fn at(&mut self, hours: &Hours, local: NaiveDateTime) -> Stretch {
        if local < self.from || local >= self.stretch.until {
            *self = Self::ask(hours, local);
        }
        self.stretch
    }
}

/// Local time as wall time; the earlier one where clocks are set back.
fn wall(timezone: chrono_tz::Tz, local: NaiveDateTime) -> WallTime {
    match timezone.from_local_datetime(&local).earliest() {
        Some(t) => WallTime::from_millis(t.timestamp_millis()),
        // an hour that clocks skip: its UTC reading is off by the zone's offset for that hour only
        None => WallTime::from_millis(local.and_utc().timestamp_millis()),
    }
}
