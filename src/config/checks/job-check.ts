import { type Problem, problemAt } from '../problems.ts';
import { fieldSource, type Profile, writtenFields } from '../read/profile.ts';
import { SERVICE_ONLY, WITHOUT_LISTENERS_ONLY } from '../schema/profile-schema.ts';

/** A job has no listeners, and no field about a gateway that goes on running. */
export function checkJob(profile: Profile): readonly Problem[] {
  const { config, invalidFields } = profile;
  if (config.run === undefined || config.url !== undefined) return [];
  const problems = writtenFields(profile, [...SERVICE_ONLY, ...WITHOUT_LISTENERS_ONLY]).map((field) =>
    problemAt(
      fieldSource(profile, field),
      `'${field}' cannot be used with run: a job is started by its schedule, runs to its end, and is not restarted; remove it`,
    ),
  );
  if (invalidFields.has('listeners') || Object.keys(config.listeners).length === 0) return problems;
  const message = "'listeners' cannot be used with run, since a job has no port; remove it";
  return [...problems, problemAt(fieldSource(profile, 'listeners'), message)];
}
