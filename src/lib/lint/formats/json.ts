import type { Format } from './format.js'

export const json: Format = ({ findings, summary }) => JSON.stringify({ findings, summary }, undefined, 2)
