//! Scores, drops and the order of cut-outs, with models that are told what to say.

use std::{
    path::Path,
    sync::{Arc, Mutex},
    time::Duration,
};

use super::*;
use crate::{
    base::{BBox, PixelFormat},
    detect::{
        Options, card::tests::GOOD as DETECTOR, planes::tests::frame,
        second::card::tests::GOOD as SECOND,
    },
};

/// Sees in each frame as many stalls as its first byte says, side by side, and one bin.
struct Stalls;

const COLUMNS: u8 = 20;

fn seen(class: &str, score: f32, [x0, y0, x1, y1]: [f32; 4]) -> Detection {
    let bbox = BBox::new(x0, y0, x1, y1).unwrap();
    Detection { class: class.into(), score, bbox, second: None, is_weak: false }
}

fn stall(n: u8) -> Detection {
    let left = f32::from(n) / f32::from(COLUMNS);
    seen("street_stall", 0.8, [left, 0.4, left + 1.0 / f32::from(COLUMNS), 0.5])
}

impl Detector for Stalls {
    fn detect(&mut self, frames: &[Frame]) -> Result<Vec<Vec<Detection>>, DetectError> {
        let list = |f: &Frame| {
            let mut list = vec![seen("bin_overflow", 0.9, [0.4, 0.4, 0.6, 0.6])];
            list.extend((0..f.planes[0].data[0]).map(stall));
            list
        };
        Ok(frames.iter().map(list).collect())
    }

    fn max_batch(&self) -> usize {
        7
    }
}

/// All that another one sees, weakly, with one score.
struct Weakly(Box<dyn Detector>, f32);

impl Detector for Weakly {
    fn detect(&mut self, frames: &[Frame]) -> Result<Vec<Vec<Detection>>, DetectError> {
        let mut lists = self.0.detect(frames)?;
        let weakly = |d: &mut Detection| (d.score, d.is_weak) = (self.1, true);
        lists.iter_mut().flatten().for_each(weakly);
        Ok(lists)
    }

    fn max_batch(&self) -> usize {
        self.0.max_batch()
    }
}

/// What another one sees, and some more in every frame.
struct Beside(Box<dyn Detector>, Arc<Mutex<Vec<Detection>>>);

impl Detector for Beside {
    fn detect(&mut self, frames: &[Frame]) -> Result<Vec<Vec<Detection>>, DetectError> {
        let mut lists = self.0.detect(frames)?;
        lists.iter_mut().for_each(|list| list.extend(self.1.lock().unwrap().iter().cloned()));
        Ok(lists)
    }

    fn max_batch(&self) -> usize {
        self.0.max_batch()
    }
}

/// Keeps of a stall what is written down for its camera and column; notes how much it is shown.
struct Told {
    keeps: fn(camera: &str, column: u8) -> f32,
    adds: f32,
    place: Option<Place>,
    calls: Arc<Mutex<Vec<usize>>>,
    most: usize,
}

impl CropModel for Told {
    fn judge(&mut self, crops: &[Crop<'_>]) -> Result<Vec<Vec<Verdict>>, DetectError> {
        self.calls.lock().unwrap().push(crops.len());
        let row = |crop: &Crop<'_>| {
            let middle = crop.square.left + crop.square.side / 2.0;
            let column = middle / f64::from(crop.frame.width) * f64::from(COLUMNS);
            // first the card's first class, street_stall; 2 would stand out for the other
            assert_eq!(crop.class, 0, "a stall");
            let keep = (self.keeps)(crop.frame.camera.as_str(), column as u8);
            let place = self.place;
            let other = Verdict { keep: 2.0, add: 2.0, place: None };
            vec![Verdict { keep, add: self.adds, place }, other]
        };
        Ok(crops.iter().map(row).collect())
    }

    fn max_crops(&self) -> usize {
        self.most
    }
}

fn of(camera: &str, stalls: u8) -> Frame {
    let pixels = 100 * 50 * 3;
    frame(camera, (100, 50), PixelFormat::Rgb, vec![(vec![stalls; pixels], 300)])
}

/// Camera, class, both numbers, the score, whether weak, whether recalled.
type Line = (String, String, SecondLook, f32, bool, bool);

/// A detector as told, the calls its second look gets, and what it tells of.
struct Rig {
    detector: SecondLooking,
    calls: Arc<Mutex<Vec<usize>>>,
    told: Arc<Mutex<Vec<Line>>>,
}

fn rig(keeps: fn(&str, u8) -> f32, most: usize) -> Rig {
    adding(keeps, 0.0, most)
}

fn adding(keeps: fn(&str, u8) -> f32, adds: f32, most: usize) -> Rig {
    with(Told { keeps, adds, place: None, calls: Arc::default(), most })
}

fn with(model: Told) -> Rig {
    let detector = ModelCard::parse(DETECTOR, Path::new("model.toml")).unwrap();
    let card = SecondCard::parse(SECOND, Path::new("model.toml")).unwrap();
    let (calls, told) = (Arc::clone(&model.calls), Arc::<Mutex<Vec<Line>>>::default());
    let tell = {
        let told = Arc::clone(&told);
        move |l: &Looked<'_>| {
            let (camera, class) = (l.camera.to_string(), l.class.to_string());
            told.lock().unwrap().push((camera, class, l.second, l.score, l.is_weak, l.is_recalled));
        }
    };
    let (inner, tell) = (Box::new(Stalls), Box::new(tell));
    let detector = SecondLooking::new(inner, &detector, Box::new(model), &card, tell).unwrap();
    Rig { detector, calls, told }
}

#[test]
fn scores_are_multiplied_and_what_falls_below_the_threshold_is_weak_and_told() {
    // the threshold of stalls is 0.4: 0.8 x 0.5 is just enough
    let mut rig = rig(|_, column| [1.0, 0.5, 0.49][usize::from(column)], 16);
    let lists = rig.detector.detect(&[of("gate", 3)]).unwrap();
    let second = |keep| SecondLook { first_score: 0.8, keep };
    let bin = seen("bin_overflow", 0.9, [0.4, 0.4, 0.6, 0.6]);
    let whole = Detection { second: Some(second(1.0)), ..stall(0) };
    let half = Detection { score: 0.8 * 0.5, second: Some(second(0.5)), ..stall(1) };
    let score = 0.8 * 0.49;
    let less = Detection { score, second: Some(second(0.49)), is_weak: true, ..stall(2) };
    assert_eq!(lists, [vec![bin, whole, half, less]], "a class that is not listed stays as it was");
    let line = |keep, is_weak| {
        ("gate".to_owned(), "street_stall".to_owned(), second(keep), 0.8 * keep, is_weak, false)
    };
    assert_eq!(*rig.told.lock().unwrap(), [line(1.0, false), line(0.5, false), line(0.49, true)]);
}

#[test]
fn what_is_added_can_raise_a_score_and_is_told_as_a_factor() {
    let mut rig = adding(|_, column| [0.75, 0.0][usize::from(column)], 0.25, 16);
    let lists = rig.detector.detect(&[of("gate", 2)]).unwrap();
    assert!(lists[0][2].is_weak, "0 x 0.8 + 0.25 is below the threshold");
    let (score, second) = (lists[0][1].score, lists[0][1].second.unwrap());
    assert!((score - 0.85).abs() < 1e-6 && second.first_score == 0.8, "{score}");
    assert!((second.first_score * second.keep - score).abs() < 1e-6 && second.keep > 1.0);
    assert_eq!(rig.told.lock().unwrap().iter().filter(|line| line.4).count(), 1);
    assert_eq!(Verdict { keep: 0.75, add: 0.25, place: None }.as_factor_of(0.0), 0.75);
}

#[test]
fn a_box_is_moved_as_far_as_it_is_pulled_and_known_again_by_where_it_was() {
    let bbox = BBox::new(0.4, 0.0, 0.5, 0.5).unwrap();
    let place = Some(Place { bbox, pull: 0.25 });
    let Rig { detector, calls, .. } =
        with(Told { keeps: |_, _| 1.0, adds: 0.0, place, calls: Arc::default(), most: 4 });
    let mut detector = detector.recalling(Standing::new(&Options::for_card("model.toml")));
    for _ in 0..2 {
        let lists = detector.detect(&[of("gate", 1)]).unwrap();
        let corners = lists[0][1].bbox.corners();
        let due = [0.1, 0.3, 0.05 + 0.45 / 4.0, 0.5];
        assert!(corners.iter().zip(due).all(|(c, d)| (c - d).abs() < 1e-6), "{corners:?}");
        assert_eq!(lists[0][0].bbox, seen("bin_overflow", 0.9, [0.4, 0.4, 0.6, 0.6]).bbox);
    }
    assert_eq!(*calls.lock().unwrap(), [1], "the second time it is recalled");
}

#[test]
fn of_boxes_that_are_moved_onto_each_other_the_surest_stays() {
    let bbox = BBox::new(0.4, 0.0, 0.5, 0.5).unwrap();
    let moved = |pull| {
        let place = Some(Place { bbox, pull });
        let keeps = |_: &str, column: u8| [0.7, 0.9, 0.8][usize::from(column)];
        let mut rig = with(Told { keeps, adds: 0.0, place, calls: Arc::default(), most: 4 });
        rig.detector.detect(&[of("gate", 3)]).unwrap().remove(0)
    };
    let scores = |list: Vec<Detection>| list.iter().map(|d| d.score).collect::<Vec<_>>();
    // the bin, which no one looks at again, has the surest of them over it and stays
    assert_eq!(scores(moved(1.0)), [0.9, 0.8 * 0.9]);
    assert_eq!(scores(moved(0.1)), [0.9, 0.8 * 0.7, 0.8 * 0.9, 0.8 * 0.8], "apart still");
}

#[test]
fn what_is_faint_is_not_shown_and_what_is_not_can_become_sure() {
    // the threshold of stalls is 0.4
    for (score, is_shown) in [(0.15, false), (0.17, true)] {
        let mut rig = adding(|_, column| [0.75, 0.0][usize::from(column)], 0.28, 16);
        rig.detector.inner = Box::new(Weakly(Box::new(Stalls), score));
        let lists = rig.detector.detect(&[of("gate", 2)]).unwrap();
        let stalls: Vec<_> =
            lists[0].iter().filter(|d| d.class.as_str() == "street_stall").collect();
        let sure: Vec<bool> = stalls.iter().map(|d| !d.is_weak).collect();
        // 0.17 x 0.75 + 0.28 is enough, 0.28 alone is not
        assert_eq!(sure, if is_shown { [true, false] } else { [false, false] });
        assert!(stalls.iter().all(|d| d.second.is_some() == is_shown));
        assert_eq!(rig.calls.lock().unwrap().is_empty(), !is_shown);
        assert_eq!(rig.told.lock().unwrap().is_empty(), !is_shown);
    }
}

#[test]
fn what_is_faint_is_shown_where_something_that_was_sure_lately_is_missed() {
    let mut rig = adding(|_, _| 0.5, 0.3, 16);
    let holder = Holder::default();
    rig.detector = rig.detector.holding(holder.clone());
    let others = Arc::new(Mutex::new(Vec::new()));
    rig.detector.inner = Box::new(Beside(Box::new(Weakly(Box::new(Stalls), 0.03)), others.clone()));
    let mut shown = |camera| {
        rig.detector.detect(&[of(camera, 3)]).unwrap();
        let told = rig.told.lock().unwrap().drain(..).map(|line| line.2.first_score).collect();
        (told, std::mem::take(&mut *rig.calls.lock().unwrap()))
    };
    assert_eq!(shown("gate"), (vec![], vec![]));
    holder.sift(&"gate".into(), of("gate", 3).at, &mut vec![stall(1)]);
    assert_eq!(shown("gate"), (vec![0.03], vec![1]), "one of three stalls");
    assert_eq!(shown("square"), (vec![], vec![]), "another camera");
    others.lock().unwrap().push(stall(2));
    assert_eq!(shown("gate"), (vec![0.03, 0.8], vec![2]), "and one that is not faint");
    others.lock().unwrap().push(stall(1));
    assert_eq!(shown("gate"), (vec![0.8, 0.8], vec![2]), "it is not missed");
}

#[test]
fn many_cut_outs_go_in_parts_and_each_answer_comes_to_its_own_box() {
    let keeps = |camera: &str, column: u8| {
        let camera: u8 = camera.parse().unwrap();
        0.5 + f32::from(camera) / 10.0 + f32::from(column) / 1000.0
    };
    let parts = |of: usize, whole: usize| [vec![of; whole], vec![1]].concat();
    for (most, calls) in [(4, parts(4, 9)), (100, parts(4, 9)), (3, parts(3, 12))] {
        let mut rig = rig(keeps, most);
        let counts = [3, 0, 20, 1, 13];
        let frames: Vec<_> =
            counts.iter().enumerate().map(|(i, n)| of(&i.to_string(), *n)).collect();
        let lists = rig.detector.detect(&frames).unwrap();
        assert_eq!(*rig.calls.lock().unwrap(), calls);
        for ((frame, count), list) in frames.iter().zip(counts).zip(&lists) {
            assert_eq!(list.len(), usize::from(count) + 1, "{}", frame.camera);
            for (column, d) in (0..count).zip(&list[1..]) {
                let due = keeps(frame.camera.as_str(), column);
                assert_eq!(d.second, Some(SecondLook { first_score: 0.8, keep: due }));
                assert_eq!((d.bbox, d.score), (stall(column).bbox, 0.8 * due));
            }
        }
    }
    let mut one_at_a_time = rig(keeps, 1);
    one_at_a_time.detector.detect(&[of("1", 4)]).unwrap();
    assert_eq!(*one_at_a_time.calls.lock().unwrap(), [1; 4]);
}

#[test]
fn what_stands_is_shown_once_a_recheck_whichever_session_gets_the_frame() {
    let options = Options::for_card("model.toml");
    let standing = Standing::new(&options);
    let mut sessions = [0, 1].map(|_| {
        let keeps = |_: &str, column: u8| [1.0, 0.49, 0.75][usize::from(column)];
        let Rig { detector, calls, told } = rig(keeps, 16);
        Rig { detector: detector.recalling(standing.clone()), calls, told }
    });
    let at = |camera, stalls, seconds| {
        let frame = of(camera, stalls);
        Frame { at: frame.at.plus(Duration::from_secs(seconds)), ..frame }
    };
    let mut look = |session: usize, frames: &[Frame]| {
        let Rig { detector, calls, told } = &mut sessions[session];
        let scores = detector.detect(frames).unwrap().concat();
        let scores: Vec<f32> =
            scores.iter().filter(|d| d.second.is_some() && !d.is_weak).map(|d| d.score).collect();
        let recalled = told.lock().unwrap().drain(..).filter(|line| line.5).count();
        (scores, std::mem::take(&mut *calls.lock().unwrap()), recalled)
    };
    assert_eq!(look(0, &[at("gate", 2, 0)]), (vec![0.8], vec![2], 0));
    assert_eq!(look(1, &[at("gate", 2, 2)]), (vec![0.8], vec![], 2), "weak again, unseen");
    let next = [at("square", 1, 4), at("gate", 3, 4)];
    assert_eq!(look(0, &next), (vec![0.8, 0.8, 0.8 * 0.75], vec![2], 2), "only what is new");
    assert_eq!(
        look(1, &[at("gate", 3, 30)]),
        (vec![0.8, 0.8 * 0.75], vec![2], 1),
        "the time is over"
    );
}

#[test]
fn pictures_are_all_shown() {
    let mut rig = rig(|_, _| 1.0, 16);
    for _ in 0..2 {
        rig.detector.detect(&[of("gate", 2)]).unwrap();
    }
    assert_eq!(*rig.calls.lock().unwrap(), [2, 2], "one name may stand for many places");
    assert!(rig.told.lock().unwrap().iter().all(|line| !line.5));
}

#[test]
fn frames_without_a_candidate_cost_nothing() {
    let mut rig = rig(|_, _| 1.0, 16);
    let lists = rig.detector.detect(&[of("a", 0), of("b", 0)]).unwrap();
    assert_eq!(lists.iter().map(Vec::len).collect::<Vec<_>>(), [1, 1]);
    assert!(lists.iter().flatten().all(|d| d.second.is_none()));
    assert!(rig.calls.lock().unwrap().is_empty());
    assert_eq!(rig.detector.max_batch(), 7);
}

/// Answers for one cut-out too few, or with one class too few.
struct Forgets(usize, usize);

impl CropModel for Forgets {
    fn judge(&mut self, crops: &[Crop<'_>]) -> Result<Vec<Vec<Verdict>>, DetectError> {
        Ok(vec![vec![Verdict::default(); 2 - self.1]; crops.len() - self.0])
    }

    fn max_crops(&self) -> usize {
        16
    }
}

#[test]
fn a_model_that_forgets_something_is_not_believed() {
    for model in [Forgets(1, 0), Forgets(0, 1)] {
        let detector = ModelCard::parse(DETECTOR, Path::new("model.toml")).unwrap();
        let card = SecondCard::parse(SECOND, Path::new("model.toml")).unwrap();
        let (inner, model) = (Box::new(Stalls), Box::new(model));
        let tell = Box::new(|_: &Looked<'_>| {});
        let mut detector = SecondLooking::new(inner, &detector, model, &card, tell).unwrap();
        let error = detector.detect(&[of("a", 2)]).unwrap_err();
        assert!(matches!(error, DetectError::SecondLook { .. }), "{error}");
        assert!(!error.may_work_elsewhere(), "the detector's device is not to blame");
    }
}
