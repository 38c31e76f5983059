export const pictures: Readonly<
  Record<
    'curl' | 'echo' | 'nc' | 'processes' | `guide-${string}`,
    { readonly command: readonly string[]; readonly options: readonly string[]; readonly forms: readonly string[] }
  >
>
export function fileOf(name: string, form: string): string
export function steady(calls: readonly (readonly [lane: number, name: string, result: number | undefined])[]): string[]
export function callsOf(svg: string): string[]
