//! Calls of one thread measured in turn, by its processor time. Knows nothing of what is called.

use std::time::Duration;

use super::{
    clock::thread_time,
    rounds::Rounds,
    statistics::{median, ratio, spread},
};

/// Measured calls of a contender before it is the next one's turn; one more before them is not
/// measured and brings its memory back into the caches.
const CALLS: usize = 9;
/// Rounds that are not counted.
const WARM_UP: usize = 3;
/// Fewest rounds counted.
const ROUNDS_MIN: usize = 20;
/// Rounds end when no figure is less certain than this, as a share of it.
const CERTAIN: f64 = 0.005;

/// Something to be measured; an error ends the measurement.
pub type Work<'a> = Box<dyn FnMut() -> anyhow::Result<()> + 'a>;

/// What was found out about one contender.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Figure {
    /// Microseconds a call.
    pub median_us: f64,
    /// Within what share of the median the middle half of the rounds lies, end to end.
    pub spread: f64,
    /// How many times as long as the first contender it takes, round by round.
    pub ratio: f64,
}

/// Figures of all, and over how many rounds.
#[derive(Clone, Debug, PartialEq)]
pub struct Figures {
    /// In the order of the contenders.
    pub each: Vec<Figure>,
    /// Counted rounds.
    pub rounds: usize,
    /// Whether they were certain enough before the time was up.
    pub settled: bool,
}

/// Measures `works` for at most `longest`, or [`ROUNDS_MIN`] rounds should those take longer.
///
/// # Errors
/// Those of the contenders.
pub fn in_turn(works: &mut [Work<'_>], longest: Duration) -> anyhow::Result<Figures> {
    let rounds = Rounds { warm_up: WARM_UP, least: ROUNDS_MIN, certain: CERTAIN, longest };
    let (turns, settled) = rounds.run(works, one_turn, |us| *us)?;
    Ok(figures(&turns, settled))
}

/// Median microseconds of one turn's calls.
fn one_turn(work: &mut Work<'_>) -> anyhow::Result<f64> {
    work()?;
    let mut times = [0.0; CALLS];
    for time in &mut times {
        let before = thread_time()?;
        work()?;
        *time = (thread_time()? - before).as_secs_f64() * 1e6;
    }
    Ok(median(&times))
}

fn figures(rounds: &[Vec<f64>], settled: bool) -> Figures {
    let of = |figures: &Vec<f64>| Figure {
        median_us: median(figures),
        spread: spread(figures),
        ratio: ratio(figures, &rounds[0]),
    };
    Figures {
        each: rounds.iter().map(of).collect(),
        rounds: rounds.first().map_or(0, Vec::len),
        settled,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn figures_are_told_against_the_first_round_by_round() {
        // the machine slows down to a half; the ratio stays
        let rounds = [vec![1.0, 1.0, 2.0, 2.0, 2.0], vec![3.0, 3.0, 6.0, 6.0, 6.0]];
        let found = figures(&rounds, true);
        assert_eq!(found.each.iter().map(|f| f.ratio).collect::<Vec<_>>(), [1.0, 3.0]);
        assert_eq!(found.each[1].median_us, 6.0);
        assert_eq!((found.rounds, found.each[1].spread), (5, 0.5));
    }

    #[test]
    fn all_are_called_equally_often_and_an_error_ends_it() {
        let (mut a, mut b) = (0, 0);
        let mut works: Vec<Work<'_>> = vec![
            Box::new(|| {
                a += 1;
                Ok(())
            }),
            Box::new(|| {
                b += 1;
                Ok(())
            }),
        ];
        let found = in_turn(&mut works, Duration::ZERO).unwrap();
        drop(works);
        assert_eq!(found.rounds, ROUNDS_MIN);
        assert_eq!((a, b), ((ROUNDS_MIN + WARM_UP) * (CALLS + 1), a));
        let mut works: Vec<Work<'_>> = vec![Box::new(|| anyhow::bail!("broken"))];
        assert!(in_turn(&mut works, Duration::ZERO).is_err());
    }
}
