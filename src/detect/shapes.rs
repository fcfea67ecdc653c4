//! Which of a model's input shapes shows a frame largest. The shapes cost about the same, so a frame that is
//! letterboxed into the wrong one is small for nothing. No pixels.

use super::card::InputSpec;

/// The place among `inputs` of the shape that shows a `width` × `height` frame largest; of several the one of
/// fewest pixels, then the first. The trainer chooses alike (`models/train/train/shapes.py`).
pub fn fitting(inputs: &[InputSpec], width: u32, height: u32) -> usize {
    let merit = |input: &InputSpec| {
        let (w, h) = (f64::from(input.width), f64::from(input.height));
        let scale = (w / f64::from(width.max(1))).min(h / f64::from(height.max(1)));
        (scale, -w * h)
    };
    let mut best = 0;
    for (index, input) in inputs.iter().enumerate().skip(1) {
        if merit(input) > merit(&inputs[best]) {
            best = index;
        }
    }
    best
}

#[cfg(test)]
mod tests {
    use super::*;

    const SHAPES: [(u32, u32); 7] =
        [(640, 384), (608, 416), (576, 448), (480, 480), (448, 576), (416, 608), (384, 640)];

    fn inputs(shapes: &[(u32, u32)]) -> Vec<InputSpec> {
        shapes.iter().map(|&(width, height)| InputSpec::picture(width, height)).collect()
    }

    #[test]
    fn a_frame_is_shown_in_the_shape_it_is_largest_in() {
        let inputs = inputs(&SHAPES);
        let shape = |width, height| SHAPES[fitting(&inputs, width, height)];
        assert_eq!(shape(1920, 1080), (640, 384));
        assert_eq!(shape(1280, 720), (640, 384));
        assert_eq!(shape(720, 480), (608, 416));
        assert_eq!(shape(640, 480), (576, 448));
        assert_eq!(shape(704, 576), (576, 448));
        assert_eq!(shape(500, 500), (480, 480));
        assert_eq!(shape(480, 640), (448, 576));
        assert_eq!(shape(1080, 1920), (384, 640));
        assert_eq!(shape(0, 0), (480, 480), "a frame without pixels is refused elsewhere");
    }

    #[test]
    fn of_shapes_that_show_it_as_large_the_smallest_is_taken() {
        assert_eq!(fitting(&inputs(&[(640, 384), (640, 352), (640, 352)]), 640, 320), 1);
        assert_eq!(fitting(&inputs(&[(640, 384)]), 3, 4000), 0);
    }
}
