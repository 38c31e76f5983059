// Whether figures stay as they are: measures that a single outlier does not move.

export function median(values) {
  const sorted = values.toSorted((a, b) => a - b)
  const middle = sorted.length >> 1
  return sorted.length % 2 === 1 ? sorted[middle] : (sorted[middle - 1] + sorted[middle]) / 2
}

/** The median of the slopes between all pairs of points [x, y] (Theil and Sen). */
export function slope(points) {
  const slopes = []
  for (let i = 0; i < points.length; i++)
    for (let j = i + 1; j < points.length; j++)
      if (points[j][0] !== points[i][0]) slopes.push((points[j][1] - points[i][1]) / (points[j][0] - points[i][0]))
  return slopes.length === 0 ? 0 : median(slopes)
}
