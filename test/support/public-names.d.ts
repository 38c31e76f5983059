export interface PublicName {
  name: string
  kind: string
  text: string
  tags: string[]
}
export function publicNames(): Generator<PublicName>
