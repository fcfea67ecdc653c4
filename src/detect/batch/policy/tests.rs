//! Properties, and a queue in made-up time in which the fixed rule of batch size and wait competes.

use std::collections::VecDeque;

use proptest::prelude::*;

use super::*;
use crate::detect::batch::costs::tests::measured;

fn policy(most: usize, wait_ms: u64, cost: impl Fn(usize) -> f64) -> BatchPolicy {
    BatchPolicy::new(measured(most, cost), Duration::from_millis(wait_ms))
}

fn at(start: Instant, ms: f64) -> Instant {
    start + Duration::from_secs_f64(ms / 1e3)
}

/// Frames that came at these times, milliseconds.
fn came(start: Instant, times: impl IntoIterator<Item = f64>) -> Arrivals {
    let mut arrivals = Arrivals::default();
    times.into_iter().for_each(|ms| arrivals.record(at(start, ms)));
    arrivals
}

#[test]
fn it_waits_only_as_long_as_a_frame_is_worth() {
    let start = Instant::now();
    // looking together saves 10 ms of which a twentieth of the batch's cost is not believed
    let policy = policy(4, 100, |frames| 10.0 + frames as f64);
    let arrivals = came(start, [0.0, 2.0, 4.0, 6.0]);
    let Decision::Wait(until) = policy.decide(1, at(start, 6.0), &arrivals, at(start, 6.0)) else {
        panic!("the next frame comes in 2 ms")
    };
    let waited = (until - at(start, 6.0)).as_secs_f64() * 1e3;
    assert!((9.0..10.0).contains(&waited), "{waited} ms");
    assert_eq!(policy.decide(1, at(start, 6.0), &arrivals, until), Decision::Look(1));
    assert_eq!(policy.decide(4, start, &arrivals, at(start, 6.0)), Decision::Look(4), "full");
    assert_eq!(policy.decide(9, start, &arrivals, at(start, 6.0)), Decision::Look(4));
    let old = policy.decide(2, start, &arrivals, at(start, 100.0));
    assert_eq!(old, Decision::Look(2), "the oldest has waited long enough");
    let seldom = came(start, [0.0, 40.0, 80.0]);
    assert_eq!(policy.decide(1, at(start, 80.0), &seldom, at(start, 80.0)), Decision::Look(1));
}

#[test]
fn what_it_waits_for_is_told() {
    let ms = Duration::from_millis;
    let policy = policy(8, 10, |frames| 10.0 + frames as f64);
    assert_eq!(policy.waits_for(None), (1, ms(0)));
    assert_eq!(policy.waits_for(Some(ms(30))), (1, ms(0)));
    assert_eq!(policy.waits_for(Some(ms(4))), (3, ms(8)), "up to the age limit");
    assert_eq!(policy.waits_for(Some(ms(1))), (8, ms(7)), "up to the largest");
}

proptest! {
    #[test]
    fn no_frame_waits_beyond_the_limit_and_no_batch_is_too_large(
        (most, wait_ms) in (1usize..40, 0u64..200),
        (fixed, each) in (0.0..50.0f64, 0.01..20.0f64),
        steps in prop::collection::vec(0.0..60.0f64, 1..30),
        (waiting, age, later) in (1usize..60, 0.0..300.0f64, 0.0..100.0f64),
    ) {
        let start = Instant::now();
        let policy = policy(most, wait_ms, |frames| fixed + each * frames as f64);
        let times = steps.iter().scan(300.0, |ms, step| { *ms += step; Some(*ms) });
        let arrivals = came(start, times);
        let last = 300.0 + steps.iter().sum::<f64>();
        let (oldest, now) = (at(start, last - age), at(start, last + later));
        match policy.decide(waiting, oldest, &arrivals, now) {
            Decision::Look(frames) => prop_assert!((1..=most.min(waiting)).contains(&frames)),
            Decision::Wait(until) => {
                prop_assert!(waiting < most);
                prop_assert!(now < until && until <= oldest + Duration::from_millis(wait_ms));
            }
        }
    }

    #[test]
    fn it_never_waits_where_the_cost_is_linear_give_or_take_what_runs_differ_by(
        most in 1usize..40,
        each in 0.1..50.0f64,
        noise in prop::collection::vec(0.99..1.01f64, 40),
        interval in 0.0..50.0f64,
        waiting in 1usize..40,
    ) {
        let start = Instant::now();
        let policy = policy(most, 1_000, |frames| each * frames as f64 * noise[frames - 1]);
        let arrivals = came(start, (0..20).map(|n| f64::from(n) * interval));
        let now = at(start, 19.0 * interval);
        prop_assert!(matches!(policy.decide(waiting, now, &arrivals, now), Decision::Look(_)));
    }

    #[test]
    fn at_overload_it_looks_at_as_many_frames_as_the_fixed_rule(
        (most, wait_ms) in (1usize..33, 0u64..100),
        (fixed, each) in (0.0..20.0f64, 0.2..10.0f64),
        overload in 1.05..4.0f64,
        seed in any::<u32>(),
    ) {
        let cost = |frames: usize| fixed + each * frames as f64;
        let interval = cost(most) / most as f64 / overload;
        let policy = policy(most, wait_ms, cost);
        let adaptive = |waiting: usize, oldest: Instant, arrivals: &Arrivals, now: Instant| {
            policy.decide(waiting, oldest, arrivals, now)
        };
        let rule = |waiting: usize, oldest: Instant, _: &Arrivals, now: Instant| {
            let until = oldest + Duration::from_millis(wait_ms);
            let closes = waiting >= most || now >= until;
            if closes { Decision::Look(waiting.min(most)) } else { Decision::Wait(until) }
        };
        let horizon = 300.0 * cost(most);
        let ours = looked_at(&adaptive, &cost, interval, horizon, seed);
        let theirs = looked_at(&rule, &cost, interval, horizon, seed);
        // a frame costs the same within a hundredth; the start, with nothing waiting, is not overload
        prop_assert!(ours as f64 >= 0.985 * theirs as f64 - 2.0 * most as f64, "{} < {}", ours, theirs);
    }
}

/// Frames looked at within `horizon` milliseconds by one session, when they come at random every
/// `interval` milliseconds on average and `decide` closes batches.
fn looked_at(
    decide: &dyn Fn(usize, Instant, &Arrivals, Instant) -> Decision,
    cost: &dyn Fn(usize) -> f64,
    interval: f64,
    horizon: f64,
    seed: u32,
) -> usize {
    let start = Instant::now();
    let mut random = seed;
    let mut gap = || {
        random = random.wrapping_mul(1_664_525).wrapping_add(1_013_904_223);
        -interval * (1.0 - f64::from(random >> 8) / f64::from(1 << 24)).ln()
    };
    let (mut queue, mut arrivals) = (VecDeque::new(), Arrivals::default());
    let (mut now, mut next, mut done) = (0.0, gap(), 0);
    while now < horizon {
        while next <= now {
            queue.push_back(next);
            arrivals.record(at(start, next));
            next += gap();
        }
        let Some(oldest) = queue.front() else {
            now = next;
            continue;
        };
        match decide(queue.len(), at(start, *oldest), &arrivals, at(start, now)) {
            Decision::Look(frames) => {
                queue.drain(..frames);
                done += frames;
                now += cost(frames);
            }
            Decision::Wait(until) => {
                // rounding must not stop the clock
                now = next.min((until - start).as_secs_f64() * 1e3).max(now + 1e-6);
            }
        }
    }
    done
}
