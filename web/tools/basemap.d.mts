export function buildBasemap(target: string): Record<string, number>;
