export function find(name: string, folders?: readonly string[]): string | undefined
