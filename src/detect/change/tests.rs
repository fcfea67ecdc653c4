//! Scenes made of noise, light and boxes: what opens the gate and what does not.

use rand::{RngExt as _, SeedableRng as _, rngs::StdRng};

use super::*;
use crate::{base::PixelFormat, detect::planes::tests::frame};

const SIZE: (usize, usize) = (640, 360);
const RECHECK: Duration = Duration::from_secs(30);
/// Frames, one second apart, from a look to the end of its pause.
const PAUSE_S: u64 = PAUSE.as_secs();
/// Frames from a change to its second look: it stands in the third, and waits as long for the other.
const BOTH: u64 = PAUSE_S + 3;

/// What is in the picture besides the street.
#[derive(Clone, Copy)]
struct Thing {
    x: usize,
    y: usize,
    side: usize,
    grey: f32,
}

/// How the picture is taken.
#[derive(Clone, Copy)]
struct Take {
    noise: f32,
    gain: f32,
    offset: f32,
    shift: usize,
}

const PLAIN: Take = Take { noise: 2.0, gain: 1.0, offset: 0.0, shift: 0 };

/// A street of facades with windows, a road, and the things.
fn street(things: &[Thing], take: Take, rng: &mut StdRng) -> Vec<u8> {
    let (w, h) = SIZE;
    let mut pixels = Vec::with_capacity(w * h);
    for y in 0..h {
        for x in 0..w {
            let (u, v) = (x + take.shift, y + take.shift / 2);
            let window = (u / 23) % 3 == 0 && (v / 31) % 2 == 0;
            let mut grey = if v > 220 {
                90.0
            } else if window {
                50.0
            } else {
                150.0
            };
            for t in things {
                if (t.x..t.x + t.side).contains(&u) && (t.y..t.y + t.side).contains(&v) {
                    grey = t.grey;
                }
            }
            let noise = take.noise * (rng.random::<f32>() + rng.random::<f32>() - 1.0) * 2.0;
            pixels.push((grey * take.gain + take.offset + noise).clamp(0.0, 255.0) as u8);
        }
    }
    pixels
}

struct Camera {
    gate: ChangeGate,
    rng: StdRng,
    at_s: u64,
    every_s: u64,
    recheck: Duration,
    /// Frames for which the gate rests are not shown to it.
    rests: bool,
    rested: usize,
}

impl Camera {
    fn new() -> Self {
        Self {
            gate: ChangeGate::default(),
            rng: StdRng::seed_from_u64(7),
            at_s: 0,
            every_s: 1,
            recheck: RECHECK,
            rests: false,
            rested: 0,
        }
    }

    /// Shows the street `times`, one second apart; how often the gate opened.
    fn show(&mut self, times: u64, things: &[Thing], take: Take) -> Vec<Look> {
        (0..times).filter_map(|_| self.look(things, take)).collect()
    }

    fn look(&mut self, things: &[Thing], take: Take) -> Option<Look> {
        let (w, h) = (SIZE.0 as u32, SIZE.1 as u32);
        let luma = street(things, take, &mut self.rng);
        let chroma = vec![128; luma.len() / 4];
        let planes = vec![(luma, SIZE.0), (chroma.clone(), SIZE.0 / 2), (chroma, SIZE.0 / 2)];
        let mut shown = frame("cam", (w, h), PixelFormat::I420, planes);
        shown.at = WallTime::from_millis(0).plus(Duration::from_secs(self.at_s));
        self.at_s += self.every_s;
        if self.rests && self.gate.rests(shown.at, self.recheck) {
            self.rested += 1;
            return None;
        }
        self.gate.admit(&shown, self.recheck).unwrap()
    }

    /// Past the first looks, and with the noise learnt.
    fn settled(take: Take) -> Self {
        let mut camera = Self::new();
        assert_eq!(camera.show(PAUSE_S + 1, &[], take), [Look::First, Look::Settling]);
        assert_eq!(camera.show(20, &[], take), []);
        camera
    }
}

const STALL: Thing = Thing { x: 300, y: 230, side: 24, grey: 170.0 };

#[test]
fn an_empty_street_is_looked_at_anew_only_every_recheck() {
    let mut camera = Camera::new();
    let looks = camera.show(PAUSE_S + 3 * RECHECK.as_secs() + 1, &[], PLAIN);
    assert_eq!(looks, [Look::First, Look::Settling, Look::Recheck, Look::Recheck, Look::Recheck]);
}

#[test]
fn what_comes_and_stays_opens_the_gate_and_so_does_its_going() {
    for side in [12, 24, 80] {
        let mut camera = Camera::settled(PLAIN);
        let thing = Thing { side, ..STALL };
        let looks = [Look::Changed, Look::Settling];
        assert_eq!(camera.show(BOTH, &[thing], PLAIN), looks, "{side} pixels come");
        assert_eq!(camera.show(20, &[thing], PLAIN), [], "{side} pixels stay");
        assert_eq!(camera.show(BOTH, &[], PLAIN), looks, "{side} pixels go");
    }
}

#[test]
fn traffic_that_does_not_stand_is_not_looked_at() {
    let mut camera = Camera::settled(PLAIN);
    let mut opened = 0;
    for n in 0..20 {
        let car = Thing { x: 20 + 28 * n, y: 240, side: 60, grey: 20.0 + 9.0 * n as f32 };
        opened += usize::from(camera.look(&[car], PLAIN).is_some_and(|l| l == Look::Changed));
    }
    assert!(opened <= 2, "{opened} of 20 frames of a passing car were called a change");
    camera.show(1, &[], PLAIN);
    let stopped = Thing { x: 200, y: 240, side: 60, grey: 30.0 };
    assert!(camera.show(BOTH, &[stopped], PLAIN).contains(&Look::Changed), "but one that stops is");
}

#[test]
fn light_noise_and_shakes_are_no_change() {
    let cases = [
        ("dusk", Take { gain: 0.55, offset: 4.0, ..PLAIN }),
        ("sun", Take { gain: 1.25, offset: 12.0, ..PLAIN }),
        ("grain", Take { noise: 9.0, ..PLAIN }),
        ("shake", Take { shift: 1, ..PLAIN }),
    ];
    for (name, take) in cases {
        let mut camera = Camera::settled(PLAIN);
        assert_eq!(camera.show(6, &[], take), [], "{name}");
    }
}

#[test]
fn a_thing_is_found_in_grain_and_in_other_light() {
    let grain = Take { noise: 9.0, ..PLAIN };
    let mut camera = Camera::settled(grain);
    assert!(camera.show(4, &[STALL], grain).contains(&Look::Changed), "grain");
    let dusk = Take { gain: 0.55, offset: 4.0, ..PLAIN };
    let mut camera = Camera::settled(PLAIN);
    assert!(camera.show(4, &[STALL], dusk).contains(&Look::Changed), "dusk");
}

#[test]
fn slow_changes_add_up() {
    let mut camera = Camera::settled(PLAIN);
    let mut looks = Vec::new();
    for step in 0..24 {
        let grey = 90.0 + 3.0 * step as f32;
        looks.extend(camera.look(&[Thing { grey, ..STALL }], PLAIN));
    }
    assert!(looks.contains(&Look::Changed), "{looks:?}");
}

#[test]
fn what_is_smaller_than_a_thing_is_no_change() {
    let (columns, rows) = (96, 54);
    let differs = |cells: &[(usize, usize)]| {
        let mut over = vec![0.0; columns * rows];
        cells.iter().for_each(|(x, y)| over[y * columns + x] = 9.0);
        stands_out(&over, columns)
    };
    assert!(!differs(&[(0, 0), (1, 0), (2, 1), (95, 53), (93, 53), (40, 20)]));
    assert!(differs(&[(95, 53), (94, 52), (93, 53), (92, 52)]));
    assert!(!differs(&[(95, 10), (95, 11), (0, 11), (0, 12)]), "joined around the edge");
}

#[test]
fn a_change_met_in_the_pause_is_looked_at_after_it() {
    let mut camera = Camera::settled(PLAIN);
    let bin = Thing { x: 480, grey: 30.0, ..STALL };
    assert_eq!(camera.show(1, &[STALL], PLAIN), []);
    assert_eq!(camera.show(2, &[STALL, bin], PLAIN), [Look::Changed], "the stall stands");
    let pause = camera.show(PAUSE_S - 1, &[STALL, bin], PLAIN);
    assert_eq!(pause, [], "the bin stands from the second of them on");
    assert_eq!(camera.show(1, &[STALL, bin], PLAIN), [Look::Changed]);
    assert_eq!(camera.show(PAUSE_S, &[STALL, bin], PLAIN), [Look::Settling]);
    // what comes and goes within it needs no look
    assert_eq!(camera.show(3, &[bin], PLAIN), []);
    assert_eq!(camera.show(20, &[STALL, bin], PLAIN), []);
}

#[test]
fn frames_for_which_it_rests_would_not_have_changed_a_look() {
    let bin = Thing { x: 480, grey: 30.0, ..STALL };
    let acts: [(u64, &[Thing]); 7] = [
        (1, &[STALL]),
        (2, &[STALL, bin]),
        (9, &[bin]),
        (4, &[]),
        (7, &[STALL]),
        (40, &[bin]),
        (9, &[]),
    ];
    let play = |rests| {
        let mut camera = Camera { rests, ..Camera::settled(PLAIN) };
        let looks: Vec<Vec<Look>> =
            acts.iter().map(|(times, things)| camera.show(*times, things, PLAIN)).collect();
        (looks, camera.rested)
    };
    let ((all, none), (rested, some)) = (play(false), play(true));
    assert_eq!(all, rested);
    assert!(all.concat().len() > 6, "{all:?}");
    assert_eq!((none, some), (0, 2 * all.concat().len()), "two frames after each look");
}

#[test]
fn what_comes_while_it_rests_is_looked_at_a_frame_later_where_frames_are_far_apart() {
    let frames_until_changed = |rests| {
        let mut camera = Camera { rests, every_s: 2, ..Camera::settled(PLAIN) };
        while camera.look(&[STALL], PLAIN) != Some(Look::Settling) {}
        let bin = Thing { x: 480, grey: 30.0, ..STALL };
        let changed = |camera: &mut Camera| camera.look(&[STALL, bin], PLAIN);
        (1..9).find(|_| changed(&mut camera) == Some(Look::Changed)).unwrap()
    };
    assert_eq!((frames_until_changed(false), frames_until_changed(true)), (3, 4));
}

#[test]
fn it_does_not_rest_where_looks_are_wanted_sooner_nor_before_its_last_look() {
    let mut camera = Camera::new();
    let at = |s| WallTime::from_millis(0).plus(Duration::from_secs(s));
    assert!(!camera.gate.rests(at(0), RECHECK), "nothing was looked at yet");
    camera.at_s = 100;
    camera.look(&[], PLAIN);
    let rests = |s| camera.gate.rests(at(s), RECHECK);
    assert_eq!([99, 100, 102, 103].map(rests), [false, true, true, false]);
    assert!(camera.gate.rests(at(101), PAUSE));
    assert!(!camera.gate.rests(at(101), PAUSE - Duration::from_secs(1)));
}

#[test]
fn a_short_recheck_opens_the_gate_within_the_pause() {
    let mut camera = Camera::settled(PLAIN);
    let recheck_s = PAUSE_S - 1;
    camera.recheck = Duration::from_secs(recheck_s);
    assert_eq!(camera.show(2 * recheck_s + 1, &[], PLAIN), [Look::Recheck; 3]);
    let looks = camera.show(3 * recheck_s, &[STALL], PLAIN);
    assert_eq!(looks, [Look::Changed, Look::Settling, Look::Recheck]);
}

#[test]
fn at_night_grain_and_passing_lamps_are_no_change_but_a_dark_thing_that_comes_and_goes_is() {
    let night = Take { noise: 5.0, gain: 0.3, offset: 6.0, shift: 0 };
    let mut camera = Camera::settled(night);
    let mut opened = Vec::new();
    for n in 0..20 {
        let lamp = Thing { x: 20 + 28 * n, y: 250, side: 20, grey: 700.0 };
        opened.extend(camera.look(&[lamp], night));
    }
    assert_eq!(opened, [Look::Recheck]);
    let looks = [Look::Changed, Look::Settling];
    assert_eq!(camera.show(BOTH, &[STALL], night), looks, "it comes");
    assert_eq!(camera.show(PAUSE_S, &[STALL], night), [], "it stays");
    assert_eq!(camera.show(BOTH, &[], night), looks, "it goes");
}

#[test]
fn a_look_that_was_overtaken_is_made_up_for() {
    let mut camera = Camera::settled(PLAIN);
    assert_eq!(camera.show(BOTH, &[STALL], PLAIN), [Look::Changed, Look::Settling]);
    camera.gate.owe();
    assert_eq!(camera.show(9, &[STALL], PLAIN), [Look::Settling]);
}

#[test]
fn a_clock_put_back_does_not_put_the_recheck_off() {
    let mut camera = Camera { at_s: 7_200, ..Camera::settled(PLAIN) };
    camera.show(1, &[], PLAIN);
    camera.at_s = 3_600;
    assert_eq!(camera.look(&[], PLAIN), Some(Look::Recheck));
    assert_eq!(camera.look(&[], PLAIN), None);
}

#[test]
fn a_frame_of_another_size_begins_anew_and_a_short_one_is_refused() {
    let mut camera = Camera::settled(PLAIN);
    let flat = |w: u32, h: u32, len: usize| {
        frame("cam", (w, h), PixelFormat::Rgb, vec![(vec![9; len], w as usize * 3)])
    };
    let look = camera.gate.admit(&flat(50, 9, 50 * 9 * 3), RECHECK).unwrap();
    assert_eq!(look, Some(Look::First));
    assert!(camera.gate.admit(&flat(50, 9, 50 * 9), RECHECK).is_err());
    camera.gate.forget();
    let look = camera.gate.admit(&flat(50, 9, 50 * 9 * 3), RECHECK).unwrap();
    assert_eq!(look, Some(Look::First));
}
