export function divided(page: string): { page: string; files: Map<string, string> }
