// Draws the charts of an HTML report. It runs in the reader's browser, from one file without a network.
;(() => {
  const charts = JSON.parse(document.getElementById('charts').textContent)
  const DASHES = [[], [7, 4], [2, 3], [10, 3, 2, 3], [14, 4], [4, 2]]
  const HEIGHT = 240
  /** Of a chart on paper, two beside each other. */
  const PRINT_WIDTH = 300

  /** A colour of the style sheet, which knows light, dark and paper. */
  const colour = (name) => getComputedStyle(document.documentElement).getPropertyValue(name).trim()
  const seriesColour = (index) => colour(`--series-${(index % 6) + 1}`)

  const trim = (value, digits) => String(Number(value.toFixed(digits)))
  const scaled = (value, units, step) => {
    let index = 0
    while (Math.abs(value) >= step && index < units.length - 1) {
      value /= step
      index++
    }
    return `${trim(value, value >= 100 ? 0 : value >= 10 ? 1 : 2)} ${units[index]}`
  }
  const bytes = (value) => scaled(value, ['B', 'KiB', 'MiB', 'GiB', 'TiB'], 1024)
  const duration = (ms) => {
    if (ms < 1) return `${trim(ms, 2)} ms`
    if (ms < 1000) return `${trim(ms, ms < 10 ? 1 : 0)} ms`
    if (ms < 60_000) return `${trim(ms / 1000, 1)} s`
    if (ms < 3_600_000) return `${trim(ms / 60_000, 1)} min`
    return `${trim(ms / 3_600_000, 1)} h`
  }
  const FORMATS = {
    bytes,
    count: (value) => trim(value, value < 10 ? 2 : 0),
    milliseconds: duration,
    percent: (value) => `${trim(value, 1)}%`,
    perSecond: (value) => `${trim(value, value < 10 ? 2 : 0)}/s`,
    bytesPerSecond: (value) => `${bytes(value)}/s`,
  }

  /** Distances between lines of the grid: round in the unit that figures are written in. */
  const ROUND = [1, 2, 5, 10, 20, 50, 100, 200, 500]
  const INCREMENTS = {
    bytes: [0, 1, 2, 3, 4].flatMap((power) => ROUND.map((one) => one * 1024 ** power)),
    count: [0, 1, 2, 3].flatMap((power) => [1, 2, 5].map((one) => one * 10 ** power)),
    milliseconds: [
      ...[0.001, 0.01, 0.1, 1, 10, 100, 1000].flatMap((power) => [1, 2, 5].map((one) => one * power)),
      ...[10, 15, 30, 60, 120, 300, 600, 900, 1800, 3600, 7200, 14_400, 43_200, 86_400].map((one) => one * 1000),
    ],
  }
  INCREMENTS.bytesPerSecond = INCREMENTS.bytes

  function pathsOf(style) {
    if (style === 'steps') return uPlot.paths.stepped({ align: 1 })
    if (style === 'points') return () => null
    return uPlot.paths.linear()
  }

  /** Of points: later series are smaller, so that those on the same place show one in the other. */
  function sizeOf(style, index) {
    if (style === 'points') return Math.max(4, 11 - 3 * index)
    return style === 'line' ? 4 : 7
  }

  function seriesOf({ label, style }, index, isFilled) {
    const stroke = seriesColour(index)
    return {
      label,
      stroke,
      width: 2,
      dash: style === 'points' ? [] : DASHES[index % DASHES.length],
      paths: pathsOf(style),
      spanGaps: style === 'line',
      points: { show: style !== 'steps', size: sizeOf(style, index), fill: stroke, stroke },
      ...(isFilled && { fill: `${stroke}26` }),
    }
  }

  function axisOf({ label, format, scale, values }, side) {
    const isWide = format === 'bytesPerSecond'
    return {
      side,
      scale: side === 2 ? 'x' : 'y',
      label,
      labelSize: 22,
      labelFont: '12px system-ui, sans-serif',
      font: '12px system-ui, sans-serif',
      size: side === 2 ? 34 : isWide ? 86 : 66,
      space: side === 2 ? 62 : 34,
      ...(scale === undefined && INCREMENTS[format] && { incrs: INCREMENTS[format] }),
      ...(scale === 'log2' && { splits: () => values, space: 0 }),
      stroke: colour('--muted'),
      grid: { stroke: colour('--grid'), width: 1 },
      ticks: { stroke: colour('--grid'), width: 1, size: 5 },
      values: (_, splits) =>
        splits.map((value) => (value === null || value === undefined ? '' : FORMATS[format](value))),
      ...(scale === 'log' && { filter: (_, splits) => pickLabelled(splits, format) }),
    }
  }

  /** The figures of a logarithmic axis that are written: few enough to be read. */
  function pickLabelled(splits, format) {
    const [low, high] = [splits[0], splits.at(-1)]
    const isShort = high / low < 50
    const stride = [1, 2, 5, 10, 20].find((one) => Math.log2(high / low) / one <= 8) ?? 20
    const isLabelled = (value) => {
      if (format === 'bytes') return Math.round(Math.log2(value)) % stride === 0
      const mantissa = Math.round(value / 10 ** Math.floor(Math.log10(value) + 1e-9))
      return isShort ? [1, 2, 5].includes(mantissa) : mantissa === 1
    }
    return splits.map((value) => (isLabelled(value) ? value : null))
  }

  function distributionOf({ scale, format }) {
    if (scale === undefined) return { distr: 1 }
    return { distr: 3, log: scale === 'log2' || format === 'bytes' ? 2 : 10 }
  }

  const logOf = (value, base) => Math.round((Math.log(value) / Math.log(base)) * 1e9) / 1e9

  /** The range of an axis: from zero, or whole powers of ten; never empty. */
  function rangeOf({ scale, format, from }) {
    return (_, min, max) => {
      if (min === null || max === null) return [0, 1]
      if (scale === 'log2') return max > min ? [min, max] : [min / 2, max * 2]
      if (scale === 'log') {
        const base = format === 'bytes' ? 2 : 10
        const [low, high] = [Math.floor(logOf(min, base)), Math.ceil(logOf(max, base))]
        return [base ** low, base ** Math.max(high, low + 1)]
      }
      if (from === 'data' && format !== 'milliseconds') return max > min ? [min, max] : [min - 1, max + 1]
      if (from === 'data') return [0, max > 0 ? max : 1]
      return [0, max > 0 ? max * 1.08 : 1]
    }
  }

  /** What the chart says at one place, for eyes and screen readers. */
  function describeAt({ x, y, series }, index) {
    const values = series.flatMap(({ label, values }) => {
      const value = values[index]
      return value === null || value === undefined ? [] : [`${label} ${FORMATS[y.format](value)}`]
    })
    return `${FORMATS[x.format](x.values[index])}: ${values.join(', ') || 'nothing'}`
  }

  function draw(chart, place, output, width) {
    const options = {
      width,
      height: HEIGHT,
      padding: [12, 14, 0, 0],
      legend: { show: false },
      cursor: { y: false, drag: { setScale: false, x: false, y: false }, points: { size: 8 } },
      scales: {
        x: { time: false, ...distributionOf(chart.x), range: rangeOf({ ...chart.x, from: 'data' }) },
        y: { ...distributionOf(chart.y), range: rangeOf(chart.y) },
      },
      axes: [axisOf(chart.x, 2), axisOf(chart.y, 3)],
      series: [{}, ...chart.series.map((one, index) => seriesOf(one, index, chart.series.length === 1))],
      hooks: {
        setCursor: [
          (plot) => {
            const { idx } = plot.cursor
            output.textContent = idx === null || idx === undefined ? '' : describeAt(chart, idx)
          },
        ],
      },
    }
    return new uPlot(options, [chart.x.values, ...chart.series.map(({ values }) => values)], place)
  }

  function addLegend(chart, figure) {
    const list = figure.querySelector('.legend')
    chart.series.forEach(({ label, style }, index) => {
      const item = document.createElement('li')
      const swatch = document.createElementNS('http://www.w3.org/2000/svg', 'svg')
      swatch.setAttribute('viewBox', '0 0 28 10')
      swatch.setAttribute('aria-hidden', 'true')
      swatch.classList.add(`series-${(index % 6) + 1}`)
      const mark = document.createElementNS('http://www.w3.org/2000/svg', style === 'points' ? 'circle' : 'line')
      const position = style === 'points' ? { cx: 14, cy: 5, r: 4 } : { x1: 0, y1: 5, x2: 28, y2: 5 }
      for (const [name, value] of Object.entries(position)) mark.setAttribute(name, String(value))
      if (style !== 'points') mark.setAttribute('stroke-dasharray', DASHES[index % DASHES.length].join(' '))
      swatch.append(mark)
      item.append(swatch, label)
      list.append(item)
    })
  }

  /** Arrow keys, Home and End move along the chart, as the pointer does. */
  function addKeys(figure, chart, current) {
    const place = figure.querySelector('.plot')
    place.addEventListener('keydown', (event) => {
      const plot = current()
      const last = chart.x.values.length - 1
      const at = plot.cursor.idx ?? -1
      const target = {
        ArrowRight: Math.min(last, at + 1),
        ArrowLeft: Math.max(0, at - 1),
        Home: 0,
        End: last,
      }[event.key]
      if (target === undefined) return
      event.preventDefault()
      plot.setCursor({ left: plot.valToPos(chart.x.values[target], 'x'), top: 10 })
      // Where values lie close together, the place on the screen is not enough to tell them apart.
      if (plot.cursor.idx !== target) {
        plot.cursor.idx = target
        figure.querySelector('output').textContent = describeAt(chart, target)
      }
    })
  }

  const redraws = charts.map((chart) => {
    const figure = document.getElementById(chart.id)
    const place = figure.querySelector('.plot')
    const output = figure.querySelector('output')
    let plot
    const redraw = (width = place.clientWidth) => {
      plot?.destroy()
      plot = draw(chart, place, output, Math.max(200, width))
    }
    addLegend(chart, figure)
    addKeys(figure, chart, () => plot)
    redraw()
    let drawnWidth = place.clientWidth
    new ResizeObserver(() => {
      if (place.clientWidth === drawnWidth || place.clientWidth === 0) return
      drawnWidth = place.clientWidth
      redraw()
    }).observe(place)
    return redraw
  })

  const redrawAll = (width) => redraws.forEach((redraw) => redraw(width))
  matchMedia('(prefers-color-scheme: dark)').addEventListener('change', () => redrawAll())
  matchMedia('print').addEventListener('change', ({ matches }) => redrawAll(matches ? PRINT_WIDTH : undefined))
  addEventListener('beforeprint', () => redrawAll(PRINT_WIDTH))
  addEventListener('afterprint', () => redrawAll())
  document.documentElement.dataset.charts = 'drawn'
})()
