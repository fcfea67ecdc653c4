//! A street camera as a pinhole over flat ground: where a thing is in its picture, and where a point
//! of its picture is on the ground. Metres, x east, y north, z up.

pub type Point = (f64, f64);
type Vector = [f64; 3];

const ASPECT: f64 = 16.0 / 9.0;
/// Focal length in picture widths, about 68° across.
const FOCAL: f64 = 0.74;
/// Where a surveyor clicks.
const CLICKS: [Point; 5] = [(0.15, 0.9), (0.85, 0.9), (0.22, 0.58), (0.78, 0.58), (0.5, 0.7)];

#[derive(Clone, Debug)]
pub struct Optics {
    at: Vector,
    right: Vector,
    down: Vector,
    forward: Vector,
}

/// A box in fractions of the picture: left, top, right, bottom.
pub type Corners = [f64; 4];

impl Optics {
    /// A camera `height` above `from` that looks at the ground at `target`.
    pub fn new(from: Point, height: f64, target: Point) -> Self {
        let forward = unit([target.0 - from.0, target.1 - from.1, -height]);
        let right = unit(cross(forward, [0.0, 0.0, 1.0]));
        Self { at: [from.0, from.1, height], right, down: cross(forward, right), forward }
    }

    pub fn foot(&self) -> Point {
        (self.at[0], self.at[1])
    }

    fn picture(&self, p: Vector) -> (Point, f64) {
        let d = [p[0] - self.at[0], p[1] - self.at[1], p[2] - self.at[2]];
        let depth = dot(d, self.forward);
        let u = 0.5 + FOCAL * dot(d, self.right) / depth;
        (((u), 0.5 + FOCAL * ASPECT * dot(d, self.down) / depth), depth)
    }

    fn ground(&self, (u, v): Point) -> Point {
        let (a, b) = ((u - 0.5) / FOCAL, (v - 0.5) / (FOCAL * ASPECT));
        let ray: Vector =
            std::array::from_fn(|i| self.forward[i] + a * self.right[i] + b * self.down[i]);
        let far = -self.at[2] / ray[2];
        (self.at[0] + far * ray[0], self.at[1] + far * ray[1])
    }

    /// The box of a thing `width` by `height` metres at `place`, in a picture knocked by `knock`;
    /// `None` when it is not wholly in the picture.
    pub fn frame(&self, place: Point, (width, height): Point, knock: Point) -> Option<Corners> {
        let ((u, bottom), depth) = self.picture([place.0, place.1, 0.0]);
        let ((_, top), _) = self.picture([place.0, place.1, height]);
        let half = FOCAL * width / depth / 2.0;
        let b = [u - half + knock.0, top + knock.1, u + half + knock.0, bottom + knock.1];
        (depth > 4.0 && b[0] > 0.01 && b[1] > 0.01 && b[2] < 0.99 && b[3] < 0.99).then_some(b)
    }

    /// What a surveyor would write down: clicks, and where they are on the ground.
    pub fn survey(&self) -> [(Point, Point); 5] {
        CLICKS.map(|click| (click, self.ground(click)))
    }
}

fn dot(a: Vector, b: Vector) -> f64 {
    a[0] * b[0] + a[1] * b[1] + a[2] * b[2]
}

fn cross(a: Vector, b: Vector) -> Vector {
    [a[1] * b[2] - a[2] * b[1], a[2] * b[0] - a[0] * b[2], a[0] * b[1] - a[1] * b[0]]
}

fn unit(a: Vector) -> Vector {
    let length = dot(a, a).sqrt();
    a.map(|v| v / length)
}

#[test]
fn what_is_clicked_is_where_it_was() {
    let optics = Optics::new((3.0, -2.0), 6.5, (27.0, 1.0));
    for (click, place) in optics.survey() {
        let ((u, v), depth) = optics.picture([place.0, place.1, 0.0]);
        assert!((u - click.0).hypot(v - click.1) < 1e-9 && depth > 0.0, "{click:?}");
    }
}
