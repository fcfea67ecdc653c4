//! Crews that take turns, until their rates hold still. Knows nothing of what they do.

use std::time::Duration;

use anyhow::Context as _;
use serde::{Deserialize, Serialize};

use super::{
    crew::{Crew, Turn},
    rounds::Rounds,
    statistics::{median, quantiles, ratio, spread},
};

/// Turns of each that are not counted; one fills caches, the next finds the machine's speed.
const WARM_UP: usize = 2;
/// Fewest turns counted of each.
const ROUNDS_MIN: usize = 7;
/// Rounds end when no rate is less certain than this, as a share of it.
const CERTAIN: f64 = 0.01;

/// How long to measure.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Times {
    /// A crew's turn.
    pub turn: Duration,
    /// When to stop though the rates have not settled; the fewest rounds are always done.
    pub longest: Duration,
}

/// A crew by name.
pub struct Contender {
    /// Who.
    pub name: String,
    /// Its workers.
    pub crew: Crew,
}

/// What was found out about one crew.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
pub struct Figure {
    /// Calls a second of all its workers: the median turn.
    pub calls_per_s: f64,
    /// Within what share of that the middle half of the turns lies.
    pub spread: f64,
    /// How many times the first crew's rate, round by round.
    pub ratio: f64,
    /// Milliseconds within which half of all calls ended.
    pub p50_ms: f64,
    /// The same of 95 in 100.
    pub p95_ms: f64,
    /// The same of 99 in 100.
    pub p99_ms: f64,
    /// Processor time of the whole process, milliseconds a call.
    pub processor_ms: f64,
}

/// Figures of all crews, and over how many rounds.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Figures {
    /// In the order of the crews.
    pub each: Vec<Figure>,
    /// Counted rounds.
    pub rounds: usize,
    /// Whether they were certain enough before the time was up.
    pub settled: bool,
}

/// Measures all contenders, the first being what the others are held against.
///
/// # Errors
/// That of a contender, which is named.
pub fn contest(contenders: &[Contender], times: Times) -> anyhow::Result<Figures> {
    let rounds =
        Rounds { warm_up: WARM_UP, least: ROUNDS_MIN, certain: CERTAIN, longest: times.longest };
    let turn = |contender: &mut &Contender| {
        contender.crew.turn(times.turn).with_context(|| contender.name.clone())
    };
    let mut contenders: Vec<&Contender> = contenders.iter().collect();
    let (turns, settled) = rounds.run(&mut contenders, turn, |turn| turn.calls_per_s)?;
    Ok(figures(&turns, settled))
}

fn rates(turns: &[Turn]) -> Vec<f64> {
    turns.iter().map(|turn| turn.calls_per_s).collect()
}

fn figures(turns: &[Vec<Turn>], settled: bool) -> Figures {
    let first = turns.first().map(|turns| rates(turns)).unwrap_or_default();
    let of = |turns: &Vec<Turn>| {
        let rates = rates(turns);
        let calls: Vec<f64> = turns.iter().flat_map(|t| t.calls_ms.iter().copied()).collect();
        let processor: Vec<f64> = turns.iter().map(|turn| turn.processor_ms).collect();
        let [p50_ms, p95_ms, p99_ms] = quantiles(&calls, [0.5, 0.95, 0.99]);
        Figure {
            calls_per_s: median(&rates),
            spread: spread(&rates),
            ratio: ratio(&rates, &first),
            p50_ms,
            p95_ms,
            p99_ms,
            processor_ms: median(&processor),
        }
    };
    Figures { each: turns.iter().map(of).collect(), rounds: first.len(), settled }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn turn(calls_per_s: f64, calls_ms: &[f64]) -> Turn {
        Turn { calls_ms: calls_ms.to_vec(), calls_per_s, processor_ms: 1e3 / calls_per_s }
    }

    #[test]
    fn rates_are_told_against_the_first_round_by_round() {
        // the machine slows down to a half; the ratio stays
        let turns = [
            vec![turn(100.0, &[10.0, 12.0]), turn(50.0, &[20.0]), turn(50.0, &[21.0])],
            vec![turn(90.0, &[10.0, 20.0]), turn(45.0, &[30.0]), turn(45.0, &[40.0, 50.0])],
        ];
        let found = figures(&turns, false);
        assert_eq!((found.rounds, found.settled), (3, false));
        let [limit, own] = found.each.as_slice() else { panic!("{found:?}") };
        assert_eq!((limit.calls_per_s, limit.ratio), (50.0, 1.0));
        assert_eq!((own.calls_per_s, own.ratio, own.spread), (45.0, 0.9, 0.5));
        assert_eq!(own.p50_ms, 30.0);
        assert!((own.p95_ms - 48.0).abs() < 1e-9 && (own.p99_ms - 49.6).abs() < 1e-9, "{own:?}");
        assert_eq!(limit.processor_ms, 20.0);
    }

    fn contender(
        name: &str,
        job: impl FnMut() -> anyhow::Result<()> + Send + 'static,
    ) -> Contender {
        Contender { name: name.to_owned(), crew: Crew::start(vec![Box::new(job)]).unwrap() }
    }

    #[test]
    fn all_take_equally_many_turns_and_who_fails_is_named() {
        let times = Times { turn: Duration::ZERO, longest: Duration::ZERO };
        let both = [contender("a", || Ok(())), contender("b", || Ok(()))];
        let found = contest(&both, times).unwrap();
        assert_eq!((found.rounds, found.each.len(), found.each[0].ratio), (ROUNDS_MIN, 2, 1.0));
        let mut left = 4;
        let tired = contender("the second", move || {
            left -= 1;
            if left == 0 { anyhow::bail!("tired") } else { Ok(()) }
        });
        let error = contest(&[contender("a", || Ok(())), tired], times).unwrap_err();
        assert_eq!(format!("{error:#}"), "the second: tired");
    }
}
