//! Boxes in a picture, in fractions of its width and height: 0,0 top left, 1,1 bottom right.

use serde::{Deserialize, Serialize};

/// An upright box. Written as `[x0, y0, x1, y1]`. Constructed only clamped to the frame and ordered.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
#[serde(try_from = "[f32; 4]", into = "[f32; 4]")]
pub struct BBox {
    x0: f32,
    y0: f32,
    x1: f32,
    y1: f32,
}

/// A box that has no area inside the frame, or is not a number.
#[derive(Clone, Copy, Debug, PartialEq, thiserror::Error)]
#[error("box {0:?} has no area inside the frame")]
pub struct EmptyBox(pub [f32; 4]);

impl BBox {
    /// A box clamped to the frame.
    ///
    /// # Errors
    /// [`EmptyBox`] when nothing of it lies inside, or a side is not finite.
    pub fn new(x0: f32, y0: f32, x1: f32, y1: f32) -> Result<Self, EmptyBox> {
        let sides = [x0, y0, x1, y1];
        let [a, b, c, d] = sides.map(|v| v.clamp(0.0, 1.0));
        if sides.iter().all(|v| v.is_finite()) && a < c && b < d {
            Ok(Self { x0: a, y0: b, x1: c, y1: d })
        } else {
            Err(EmptyBox(sides))
        }
    }

    /// `[x0, y0, x1, y1]`.
    pub fn corners(&self) -> [f32; 4] {
        [self.x0, self.y0, self.x1, self.y1]
    }

    /// Width as a fraction of the frame's width.
    pub fn width(&self) -> f32 {
        self.x1 - self.x0
    }

    /// Height as a fraction of the frame's height.
    pub fn height(&self) -> f32 {
        self.y1 - self.y0
    }

    /// Where the thing meets the ground: the middle of the lower edge.
    pub fn foot(&self) -> (f32, f32) {
        ((self.x0 + self.x1) / 2.0, self.y1)
    }

    /// Area as a fraction of the frame.
    pub fn area(&self) -> f32 {
        self.width() * self.height()
    }

    /// Intersection over union, in [0, 1]; 0 for boxes that only touch.
    pub fn iou(&self, other: &Self) -> f32 {
        let inter = self.intersection(other);
        let union = self.area() + other.area() - inter;
        if union > 0.0 { (inter / union).clamp(0.0, 1.0) } else { 0.0 }
    }

    /// Share of the smaller one's area that lies in the other, in [0, 1].
    pub fn share_of_smaller(&self, other: &Self) -> f32 {
        let smaller = self.area().min(other.area());
        if smaller > 0.0 { (self.intersection(other) / smaller).clamp(0.0, 1.0) } else { 0.0 }
    }

    fn intersection(&self, other: &Self) -> f32 {
        let w = (self.x1.min(other.x1) - self.x0.max(other.x0)).max(0.0);
        let h = (self.y1.min(other.y1) - self.y0.max(other.y0)).max(0.0);
        w * h
    }
}

impl TryFrom<[f32; 4]> for BBox {
    type Error = EmptyBox;

    fn try_from([x0, y0, x1, y1]: [f32; 4]) -> Result<Self, EmptyBox> {
        Self::new(x0, y0, x1, y1)
    }
}

impl From<BBox> for [f32; 4] {
    fn from(b: BBox) -> Self {
        b.corners()
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn any_box() -> impl Strategy<Value = BBox> {
        (0.0f32..0.9, 0.0f32..0.9, 0.01f32..1.0, 0.01f32..1.0)
            .prop_filter_map("empty", |(x, y, w, h)| BBox::new(x, y, x + w, y + h).ok())
    }

    proptest! {
        #[test]
        fn iou_is_symmetric_and_in_the_unit_range(a in any_box(), b in any_box()) {
            let (ab, ba) = (a.iou(&b), b.iou(&a));
            prop_assert!((ab - ba).abs() < 1e-6);
            prop_assert!((0.0..=1.0).contains(&ab));
            prop_assert!(a.iou(&a) > 0.999);
        }
    }

    #[test]
    fn boxes_apart_on_both_axes_do_not_overlap() {
        let a = BBox::new(0.0, 0.0, 0.1, 0.1).unwrap();
        let b = BBox::new(0.5, 0.5, 0.6, 0.6).unwrap();
        assert_eq!(a.iou(&b), 0.0);
    }

    #[test]
    fn empty_and_non_finite_boxes_are_refused() {
        assert!(BBox::new(0.5, 0.5, 0.5, 0.9).is_err());
        assert!(BBox::new(1.2, 0.5, 1.4, 0.9).is_err());
        assert!(BBox::new(f32::NAN, 0.0, 0.5, 0.5).is_err());
        assert_eq!(BBox::new(-0.5, 0.2, 0.5, 1.5).unwrap().corners(), [0.0, 0.2, 0.5, 1.0]);
    }
}
