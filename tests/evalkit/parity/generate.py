#!/usr/bin/env python3
"""Writes the synthetic parity fixture (ground truth + tracker results for nine single-object-tracking benchmarks).

    python generate.py [output_dir]        (default: the folder "data" next to this file)

Only numpy is needed.  Everything is drawn from numpy's legacy RandomState, whose streams are frozen, so the output is
the same on every machine (the zip archives carry a fixed time stamp; their members, not necessarily the zip bytes, are
identical across zlib versions).  All boxes are x,y,w,h (top-left corner), except VOT's polygons.  README.md lists
which trap sits in which sequence.
"""

import os
import sys
import zipfile
import numpy as np

NAN = float("nan")


# ------------------------------------------------------------------------------------------------------ small tools
def mk(path):
    os.makedirs(os.path.dirname(path), exist_ok=True)
    return path


def cell(v, dec):
    if np.isnan(v):
        return "NaN"
    return "%d" % int(v) if dec == 0 else "%.*f" % (dec, v)


def text(rows, dec=0, delim=","):
    return "".join(delim.join(cell(float(v), dec) for v in r) + "\n" for r in rows)


def put(path, s):
    with open(mk(path), "w", newline="\n") as f:
        f.write(s)


def putzip(path, members):
    with zipfile.ZipFile(mk(path), "w") as z:
        for name, s in members:
            info = zipfile.ZipInfo(name, (2000, 1, 1, 0, 0, 0))
            info.compress_type = zipfile.ZIP_DEFLATED
            info.external_attr = 0o644 << 16
            z.writestr(info, s)


def walk(rs, n, W, H, w, h, dec, margin=12):
    """smooth trajectory of a target which stays inside the image"""
    out = np.zeros((n, 4))
    x, y = rs.uniform(margin + 8, W - w - margin - 8), rs.uniform(margin + 8, H - h - margin - 8)
    v = rs.uniform(-2.5, 2.5, 2)
    s = 1.0
    for i in range(n):
        out[i] = x, y, w * s, h * s
        v = 0.9 * v + rs.normal(0, 0.8, 2)
        x, y = x + v[0], y + v[1]
        s = min(1.3, max(0.75, s * np.exp(rs.normal(0, 0.01))))
        if not margin < x < W - w * 1.3 - margin:
            v[0] = -v[0]
            x = min(max(x, margin), W - w * 1.3 - margin)
        if not margin < y < H - h * 1.3 - margin:
            v[1] = -v[1]
            y = min(max(y, margin), H - h * 1.3 - margin)
    return np.round(out, dec)


def touch(t, axis, rows, vals):
    """bends the trajectory so that coordinate `axis` takes the given (non-positive) values in the given rows"""
    i = np.arange(len(t))
    near = np.abs(i[:, None] - np.array(rows)).argmin(1)
    t[:, axis] = np.minimum(t[:, axis], 3 * np.abs(i - np.array(rows)[near]) + np.array(vals)[near])


def noisy(rs, t, sigma, dec, scale=0.03):
    p = t.copy()
    p[:, 2:] *= np.exp(rs.normal(0, scale, (len(t), 2)))
    p[:, :2] += (t[:, 2:] - p[:, 2:]) / 2 + rs.normal(0, sigma, (len(t), 2))
    return np.round(p, dec)


def good(rs, t):
    return noisy(rs, t, 1.6, 2)


def drifts(rs, t, W, H, left=True):
    """good until the middle, then wanders out of the image (left/top or right/bottom); some rows have w or h == 0"""
    p = noisy(rs, t, 2.2, 1)
    n, m = len(t), len(t) // 2
    d = np.array([-1.0, -0.45]) if left else np.array([1.0, 0.6])
    step = 1.35 * (t[m, 0] + t[m, 2] if left else W - t[m, 0]) / (n - m)
    for k, i in enumerate(range(m, n)):
        p[i, :2] = t[m, :2] + d * step * (k + 1) + rs.normal(0, 1, 2)
        p[i, 2:] = t[m, 2:] * (1 + 0.01 * k)
    p[m - 6, 2] = 0  # zero width while still on the target
    p[m - 3, 3] = 0  # zero height
    p[m - 2, 2:] = 0  # two invalid rows in a row, both zero here
    return np.round(p, 1)


def invalid(rs, t, which):
    """integer boxes with NaN, partly NaN and non-positive rows; which = index of the sequence"""
    p = noisy(rs, t, 2.5, 0)
    a = 5 + which
    p[a] = NAN  # all four NaN
    p[a + 3, 2] = -p[a + 3, 2]  # negative width
    p[a + 6] = NAN
    p[a + 7, 3] = 0  # NaN row directly followed by a zero height row
    p[a + 10, 3] = -4  # negative height
    if which % 2:
        p[a + 12, 0] = NAN  # only x is NaN (OTB MATLAB keeps the row, LaSOT replaces it)
        p[a + 14, 2] = NAN  # only w is NaN
    if which == 2:
        p[1] = NAN  # second row: is replaced by the tracker's own first row
        p[0] = p[0] + [9, 7, 4, 4]  # ... which differs from the ground truth
    return p


def knife_truth(n, W, H):
    """constant 20 x 20 target"""
    return np.tile([W // 2 - 10.0, H // 2 - 10.0, 20.0, 20.0], (n, 1))


def knife_pred(t):
    """rows 2-21: IoU exactly k/20 (row 14: 13/20 = 0.65); rows 22-30: exact distances / normalised distances"""
    p = t.copy()
    for k in range(1, 21):
        p[k, 2] = k
    for j, (dx, dy) in enumerate([(3, 4), (12, 16), (30, 40), (4, 0), (2, 0), (0, 10), (6, 8), (0, 20), (20, 0)]):
        p[21 + j, :2] += dx, dy
    p[30, 2] = 13
    p[31, 3] = 13
    p[32, 2:] = 13, 20  # three more IoUs of 0.65
    return p


LENS = [34, 32, 30, 40, 44, 31]


def base(seed, W, H, decs, lens=LENS):
    """true trajectories; sequence 0 is the knife-edge one"""
    rs = np.random.RandomState(seed)
    T = [knife_truth(lens[0], W, H)]
    for k in range(1, len(lens)):
        T.append(walk(rs, lens[k], W, H, rs.randint(24, 60), rs.randint(24, 60), decs[k]))
    return rs, T


def results(rs, T, W, H, kinds):
    """kinds -> {tracker: [rows per sequence]}; decimals and delimiter per tracker are in FMT"""
    out = {}
    for kind in kinds:
        P = []
        for k, t in enumerate(T):
            if kind == "good":
                p = knife_pred(t) if k == 0 else good(rs, t)
                if k == 1:
                    p[0, :2] = t[0, :2] + 0.5  # first row half a pixel off
                if k == 4:
                    p[0] = t[0] + [40, 30, 10, 10]  # first row completely wrong
            elif kind == "drifts":
                p = drifts(rs, t, W, H, left=k % 3 != 2)
            elif kind == "invalid":
                p = invalid(rs, t, k)
            elif kind == "short":
                p = noisy(rs, t, 3.0, 0)
                if k == len(T) - 1:
                    p = p[:-1]  # one row too few
            elif kind == "long":
                p = noisy(rs, t, 3.0, 0)
                if k == len(T) - 1:
                    p = np.concatenate([p, p[-2:]])  # two rows too many
            P.append(p)
        out[kind] = P
    return out


FMT = {"good": (2, ","), "drifts": (1, "\t"), "invalid": (0, ","), "short": (0, ","), "long": (0, "\t")}


def put_results(d, names, R):
    for trk, P in R.items():
        for n, p in zip(names, P):
            put(f"{d}/results/{trk}/{n}.txt", text(p, *FMT[trk]))


# -------------------------------------------------------------------------------------------------------- benchmarks
def otb(d):
    W, H = 320, 240
    names = ["Knife", "Border", "Fraction", "Degenerate", "FirstRow", "LastRow"]
    decs = [0, 0, 3, 0, 0, 0]
    delim = [",", "\t", " ", ",", ",", ","]
    rs, T = base(101, W, H, decs)
    touch(T[1], 0, [10, 11, 12], [0, -3, 0])
    touch(T[1], 1, [20, 21], [0, -2])  # x or y <= 0, box still has a size
    R = results(rs, T, W, H, ["good", "drifts", "invalid", "short"])
    G = [t.copy() for t in T]
    G[3][8, 2] = 0
    G[3][15, 3] = 0
    G[3][22] = 0
    G[3][30, 2] = -5  # w or h <= 0
    for n, g, dc, de in zip(names, G, decs, delim):
        put(f"{d}/{n}/groundtruth_rect.txt", text(g, dc, de))
    put(f"{d}/list.txt", "\n".join(names) + "\n")
    put_results(d, names, R)


def uav(d):
    W, H = 320, 240
    names = ["knife1", "gap1", "gap2_1", "edge1", "first1", "clean1"]
    rs, T = base(102, W, H, [0] * 6)
    touch(T[3], 0, [20, 21, 22], [0, 0, 0])  # touches the left border (0 in 1-based pixels)
    R = results(rs, T, W, H, ["good", "drifts", "invalid", "short"])
    G = [t.copy() for t in T]
    G[1][10:19] = NAN
    G[1][25] = NAN  # out of view, 'invalid' is NaN inside and after
    G[2][22:] = NAN  # absent until the end
    R["invalid"][1][18] = NAN
    R["invalid"][1][19] = NAN  # NaN under a NaN gt row, then NaN under a valid one
    for n, g in zip(names, G):
        put(f"{d}/anno/UAV123/{n}.txt", text(g))
    put(f"{d}/list.txt", "\n".join(names) + "\n")
    put_results(d, names, R)


def lasot(d, seed, cls, kinds):
    W, H = 320, 240
    names = [f"{cls}-{k}" for k in range(1, 7)]
    decs = [0, 0, 0, 0, 2, 0]
    rs, T = base(seed, W, H, decs)
    touch(T[3], 0, [18, 19, 20], [0, -2, 0])
    touch(T[3], 1, [26], [0])  # visible, x or y <= 0
    R = results(rs, T, W, H, kinds)
    G = [t.copy() for t in T]
    occ = [np.zeros(len(t), int) for t in T]
    oov = [np.zeros(len(t), int) for t in T]
    occ[1][8:14] = 1  # absent, but the gt keeps an ordinary box
    oov[1][20:26] = 1
    G[1][20:26] = 0  # absent, gt 0,0,0,0
    occ[2][18:] = 1
    oov[2][24:] = 1
    G[2][24:] = 0  # both flags, until the end
    G[3][10, 2] = 0
    G[3][11, 3] = 0  # visible, w or h <= 0
    R["good"][3][10] = G[3][10] + [-5, 0, 10, 0]  # same centre as that zero-width gt row
    oov[3][30] = 1
    occ[5][12:15] = 1  # 'invalid' has bad rows across this block
    for n, g, dc, a, b in zip(names, G, decs, occ, oov):
        put(f"{d}/{cls}/{n}/groundtruth.txt", text(g, dc))
        put(f"{d}/{cls}/{n}/full_occlusion.txt", ",".join(map(str, a)) + "\n")
        put(f"{d}/{cls}/{n}/out_of_view.txt", ",".join(map(str, b)) + "\n")
        put(f"{d}/absent/{n}.txt", "".join("%d\n" % v for v in (a | b)))
    put(f"{d}/testing_set.txt", "\n".join(names))  # no newline at the end, as in the original list
    put_results(d, names, R)


def tnl2k(d):
    W, H = 320, 240
    names = [
        "Knife_video_01",
        "Absent_video_02",
        "TopBorder_video_03",
        "SomeBorder_video_04",
        "Degenerate_video_05",
        "Clean_video_06-Done",
    ]
    rs, T = base(105, W, H, [0] * 6)
    T[2][:, 1] = 0  # y = 0 in EVERY row: all-zero success curve
    touch(T[3], 0, list(range(5, 12)), [0] * 7)
    touch(T[3], 1, [30, 31, 32, 33], [0] * 4)  # touches the border now and then
    R = results(rs, T, W, H, ["good", "drifts", "invalid"])
    G = [t.copy() for t in T]
    ab = [np.zeros(len(t), int) for t in T]
    ab[1][6:12] = 1
    G[1][6:12] = 0
    ab[1][25:30] = 1  # absent: zero box, then ordinary box
    G[4][10, 2] = 0
    G[4][11, 3] = 0
    ab[4][40:] = 1
    for n, g, a in zip(names, G, ab):
        put(f"{d}/{n}/groundtruth.txt", text(g))
        put(f"{d}/absent/{n}.txt", "".join("%d \n" % v for v in a))  # "0 " per line, as in the original bundle
    put(f"{d}/list.txt", "\n".join(names) + "\n")
    put_results(d, names, R)


def nfs(d):
    W, H = 320, 240
    names = ["nfs_knife", "nfs_border", "nfs_frac1", "nfs_frac2", "nfs_first", "nfs_last"]
    decs = [0, 0, 2, 3, 0, 0]
    rs, T = base(106, W, H, decs)
    touch(T[1], 0, [5, 6, 7, 8], [0, -4, -6, 0])
    touch(T[1], 1, [28], [-1])
    R = results(rs, T, W, H, ["good", "drifts", "short"])
    G = [t.copy() for t in T]
    for n, g, dc in zip(names, G, decs):
        put(f"{d}/anno/{n}.txt", text(g, dc, "\t"))
    put(f"{d}/list.txt", "\n".join(names) + "\n")
    put_results(d, names, R)


def got10k(d):
    lens = [34, 32, 30, 32, 40, 48]
    names = ["GOT-10k_Val_%06d" % k for k in range(1, 7)]
    size = [(320, 240), (320, 240), (400, 225), (320, 240), (640, 360), (320, 240)]
    rs = np.random.RandomState(107)
    T, R = [], {"good": [], "drifts": [], "drifts2": []}
    for k, (W, H) in enumerate(size):
        t = knife_truth(lens[0], W, H) if k == 0 else walk(rs, lens[k], W, H, rs.randint(30, 70), rs.randint(30, 70), 4)
        if k == 1:  # leaves on the left: x < 0 in gt and predictions
            t[:, 0] = np.round(np.linspace(30, -t[0, 2] * 0.6, lens[1]), 4)
        if k == 2:  # leaves at the bottom right corner
            t[:, 0] = np.round(np.linspace(W - 110, W - 20, lens[2]), 4)
            t[:, 1] = np.round(np.linspace(60, H - 25, lens[2]), 4)
        T.append(t)
        g = knife_pred(t) if k == 0 else noisy(rs, t, 1.6, 3)
        if k == 4:
            g[0] = t[0] + [40, 30, 10, 10]  # first row is not scored at all
        R["good"].append(np.round(g, 3))
        for q in ("drifts", "drifts2"):
            p = drifts(rs, t, W, H, left=k % 2 == 1)
            p[5, 2] = -8
            p[6, 3] = -0.5  # negative sizes, clipped to 0 by the toolkit
            R[q].append(np.round(p, 3))
    cover = [np.full(len(t), 8, int) for t in T]
    absent = [np.zeros(len(t), int) for t in T]
    cut = [np.zeros(len(t), int) for t in T]
    cover[1][22:] = np.maximum(0, 8 - np.arange(len(cover[1]) - 22))
    cut[1][18:] = 1
    cover[3][10:16] = 0
    absent[3][10:16] = 1
    cover[4][0] = 0  # first frame: ignored anyway
    cover[5][30:40] = [7, 5, 3, 1, 0, 0, 1, 2, 4, 6]
    for k, n in enumerate(names):
        s = f"{d}/val/{n}"
        put(f"{s}/groundtruth.txt", text(T[k], 4))
        put(f"{s}/cover.label", "".join("%d\n" % v for v in cover[k]))
        put(f"{s}/absence.label", "".join("%d\n" % v for v in absent[k]))
        put(f"{s}/cut_by_image.label", "".join("%d\n" % v for v in cut[k]))
        put(
            f"{s}/meta_info.ini",
            "[METAINFO]\nurl: synthetic\nbegin: 00:00:00\nend: 00:00:%02d\nanno_fps: 10Hz\nobject_class: box\nmotion_class: moving\n"
            "major_class: synthetic\nroot_class: synthetic\nmotion_adverb: smoothly\nresolution: %s\n"
            % (len(T[k]) // 10, size[k]),
        )
        r = f"{d}/results/GOT-10k"
        put(f"{r}/good/{n}/{n}_001.txt", text(R["good"][k], 3))
        put(f"{r}/drifts/{n}/{n}_001.txt", text(R["drifts"][k], 3))
        put(f"{r}/drifts/{n}/{n}_002.txt", text(R["drifts2"][k], 3))  # second repetition: pooled by the toolkit
        tm = np.round(rs.uniform(0.01, 0.04, (len(T[k]), 2)), 4)
        tm[0] = 0  # zero times are ignored
        put(f"{r}/good/{n}/{n}_time.txt", "".join("%.8f\n" % v for v in tm[:, 0]))
        put(f"{r}/drifts/{n}/{n}_time.txt", "".join("%.8f,%.8f\n" % tuple(v) for v in tm))
    put(f"{d}/val/list.txt", "\n".join(names) + "\n")


def trackingnet(d):
    W, H = 320, 240
    names = ["synKnife_0", "synB_0", "synC_0", "synD_0", "synE_0", "synF_0"]
    rs, T = base(108, W, H, [0, 2, 2, 2, 2, 2])
    touch(T[1], 0, [12, 13], [-0.5, -3.25])
    touch(T[1], 1, [12], [0.5])  # gt leaves the image
    R = results(rs, T, W, H, ["good", "drifts", "invalid"])
    half = T[3]
    half[:, :2] = np.floor(half[:, :2]) + 0.5
    half[:, 2:] = np.floor(half[:, 2:]) + 0.5  # half-to-even rounding
    R["good"][3] = half + np.round(rs.normal(0, 1.5, half.shape))
    R["good"][3][::5] += 0.5
    put_ = lambda rows, dec: text(rows, dec)
    putzip(f"{d}/gt.zip", [(n + ".txt", put_(t, 2)) for n, t in zip(names, T)])
    putzip(f"{d}/good.zip", [(n + ".txt", put_(p, 2)) for n, p in zip(names, R["good"])])
    dr = list(R["drifts"])
    dr[2] = dr[2][:-1]  # one row short: the last row becomes NaN
    dr[5] = np.concatenate([dr[5], dr[5][-2:]])  # two extra rows: ignored
    mem = [("sub/" + n + ".txt", put_(p, 1)) for n, p in zip(names, dr) if n != "synE_0"]  # synE_0 is missing
    mem.append(("sub/copy_of_synB_0.txt", put_(dr[1], 1)))  # two names contain "synB_0.txt": treated as missing
    putzip(f"{d}/drifts.zip", mem)
    putzip(f"{d}/invalid.zip", [(n + ".txt", put_(p, 0)) for n, p in zip(names, R["invalid"])])
    put(f"{d}/list.txt", "\n".join(names) + "\n")


def vot(d):
    lens = [120, 75, 60, 45, 36]
    names = ["ball", "card", "disc", "leaf", "tile"]
    W, H = 320, 240
    rs = np.random.RandomState(109)

    def poly(t, ang):
        c = t[:2] + t[2:] / 2
        u = np.array([[-1, -1], [1, -1], [1, 1], [-1, 1]]) * t[2:] / 2
        R = np.array([[np.cos(ang), -np.sin(ang)], [np.sin(ang), np.cos(ang)]])
        return (c + u @ R.T).ravel()

    fails = {
        "good": {"card": [50]},
        "drifts": {"ball": [105], "card": [30, 60], "disc": [58], "leaf": [12, 40], "tile": [20]},
    }
    for n, L in zip(names, lens):
        t = walk(rs, L, W, H, rs.randint(30, 60), rs.randint(30, 60), 2)
        if n == "leaf":
            t[:, 0] = np.linspace(20, -t[0, 2] * 0.7, L)  # partly outside of the image
        ang = np.cumsum(rs.normal(0, 0.02, L)) if n != "tile" else np.zeros(L)
        G = [poly(a, b) for a, b in zip(t, ang)]
        if n == "tile":
            put(f"{d}/{n}/groundtruth.txt", text(t, 2))  # plain rectangles are allowed too
        else:
            put(f"{d}/{n}/groundtruth.txt", text(G, 2))
        put(
            f"{d}/{n}/sequence",
            f"channels.color=color/%08d.jpg\nfps=30\nformat=default\nwidth={W}\nheight={H}\nlength={L}\nname={n}\n",
        )
        for trk in ("good", "drifts"):
            F = fails[trk].get(n, [])
            p = noisy(rs, t, 1.5 if trk == "good" else 3.5, 2 if trk == "good" else 1)
            out, i = [], 0
            while i < L:
                out.append("1")
                i += 1  # 1 = initialisation
                nxt = min([f for f in F if f >= i], default=L)
                while i < min(nxt, L):
                    if trk == "drifts" and nxt < L:  # slides away before the failure
                        p[i, 0] += 0.9 * p[i, 2] * max(0, 8 - (nxt - i)) / 8
                    out.append(text([p[i]], 2 if trk == "good" else 1).strip())
                    i += 1
                if i < L:
                    out.append("2")
                    i += 1  # 2 = failure, then four skipped frames (0)
                    k = min(4, L - i)
                    out += ["0"] * k
                    i += k
            assert len(out) == L
            put(f"{d}/results/{trk}/baseline/{n}/{n}_001.txt", "\n".join(out) + "\n")
    put(f"{d}/list.txt", "\n".join(names) + "\n")


def main():
    root = sys.argv[1] if len(sys.argv) > 1 else os.path.join(os.path.dirname(os.path.abspath(__file__)), "data")
    otb(root + "/OTB100")
    uav(root + "/UAV123")
    lasot(root + "/LaSOT", 103, "synth", ["good", "drifts", "invalid", "long"])
    lasot(root + "/LaSOT_ext", 104, "fake", ["good", "drifts"])
    tnl2k(root + "/TNL2K")
    nfs(root + "/NFS")
    got10k(root + "/GOT-10k")
    trackingnet(root + "/TrackingNet")
    vot(root + "/VOT")


if __name__ == "__main__":
    main()
