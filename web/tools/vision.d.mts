export const VISIONS: Record<string, number[]>;
export function parse(hex: string): number[];
export function seen(hex: string, vision: string): number[];
export function luminance(rgb: number[]): number;
export function contrast(a: string, b: string, vision: string): number;
export function ucs(rgb: number[]): number[];
export function difference(a: string, b: string, vision: string): number;
export function separation(colours: readonly string[]): number;
export function leastContrast(colours: readonly string[], grounds: readonly string[]): number;
