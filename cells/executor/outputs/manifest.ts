import { z } from 'zod';

const fileSchema = z.object({
  path: z.string(),
  size: z.number(),
  compressedSize: z.number(),
  mode: z.number(),
  linkTarget: z.string(),
  sha256: z.string(),
  modifiedAt: z.number(),
  dataAt: z.number(),
  deflated: z.boolean(),
});

const manifestSchema = z.object({
  guid: z.string(),
  attempt: z.string(),
  archiveBytes: z.number(),
  archiveSha256: z.string(),
  totalBytes: z.number(),
  files: z.array(fileSchema).readonly(),
  /** What was asked for and is not in the archive, and why. */
  notes: z.array(z.string()).readonly(),
  /** UNIX nanoseconds as digits. */
  sealedAt: z.string(),
});

/** What lies beside an archive once it is whole: without it there is no archive. */
export type Manifest = Readonly<z.infer<typeof manifestSchema>>;

/** @throws when the text is not a manifest of ours. */
export function parseManifest(text: string): Manifest {
  return manifestSchema.parse(JSON.parse(text));
}
