//! Contenders that take turns, round by round, so that whatever the machine does meets all of them
//! alike, until their figures hold still. Knows nothing of what a turn is.

use std::time::{Duration, Instant};

use super::statistics::is_certain;

/// When rounds are counted, and when they end.
#[derive(Clone, Copy, Debug)]
pub struct Rounds {
    /// So many at first are not counted.
    pub warm_up: usize,
    /// Fewest counted.
    pub least: usize,
    /// They end when no figure is less certain than this, as a share of it.
    pub certain: f64,
    /// They end after this though figures are less certain; the fewest are always done.
    pub longest: Duration,
}

impl Rounds {
    /// Gives each of `contenders` its turn, over and over. What the counted turns gave, by contender,
    /// and whether the figures, of which `figure` takes one from a turn, were certain at the end.
    ///
    /// # Errors
    /// Those of `turn`.
    pub fn run<C, T>(
        self,
        contenders: &mut [C],
        mut turn: impl FnMut(&mut C) -> anyhow::Result<T>,
        figure: impl Fn(&T) -> f64,
    ) -> anyhow::Result<(Vec<Vec<T>>, bool)> {
        let began = Instant::now();
        for _ in 0..self.warm_up {
            for contender in &mut *contenders {
                turn(contender)?;
            }
        }
        let mut turns: Vec<Vec<T>> = contenders.iter().map(|_| Vec::new()).collect();
        let figures = |turns: &Vec<T>| turns.iter().map(&figure).collect::<Vec<f64>>();
        for counted in 1.. {
            for (contender, turns) in contenders.iter_mut().zip(&mut turns) {
                turns.push(turn(contender)?);
            }
            if counted < self.least {
                continue;
            }
            let settled = turns.iter().all(|turns| is_certain(&figures(turns), self.certain));
            if settled || began.elapsed() > self.longest {
                return Ok((turns, settled));
            }
        }
        unreachable!("the rounds above end by returning")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const ROUNDS: Rounds = Rounds { warm_up: 2, least: 5, certain: 0.01, longest: Duration::ZERO };

    #[test]
    fn all_take_equally_many_turns_of_which_the_first_are_not_counted() {
        let mut calls = [0, 0];
        let next = |calls: &mut i32| {
            *calls += 1;
            Ok(*calls)
        };
        let (turns, settled) = ROUNDS.run(&mut calls, next, |_| 1.0).unwrap();
        assert_eq!(turns, [[3, 4, 5, 6, 7], [3, 4, 5, 6, 7]]);
        assert!(settled);
        assert_eq!(calls, [7, 7]);
    }

    #[test]
    fn what_does_not_settle_ends_with_the_time() {
        let mut calls = [0];
        let next = |calls: &mut i32| {
            *calls += 1;
            Ok(f64::from(*calls % 2) + 1.0)
        };
        let (turns, settled) = ROUNDS.run(&mut calls, next, |turn| *turn).unwrap();
        assert_eq!((turns[0].len(), settled), (ROUNDS.least, false));
    }

    #[test]
    fn an_error_ends_it() {
        let mut left = [3, 3];
        let next = |left: &mut i32| {
            *left -= 1;
            if *left == 0 { anyhow::bail!("tired") } else { Ok(()) }
        };
        assert!(ROUNDS.run(&mut left, next, |()| 1.0).is_err());
        assert_eq!(left, [0, 1], "nobody has a turn after it");
    }
}
