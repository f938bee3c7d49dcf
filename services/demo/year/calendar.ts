import { IANAZone } from 'luxon';

/** Milliseconds. */
export const MINUTE = 60_000;
export const HOUR = 60 * MINUTE;
export const DAY = 24 * HOUR;

const OPENS = 9 * HOUR;
const CLOSES = 17.5 * HOUR;

/** Working time of one zone: weekends, public holidays and the days between the years are free. Instants in epoch ms. */
export interface Calendar {
  isWorkingDay(instant: number): boolean;
  isWorkingTime(instant: number): boolean;
  /** The instant after so many working hours; 0 gives the next working instant. */
  after(instant: number, workingHours: number): number;
  /** The instant at which a local clock shows `hour` (may be a fraction) on the local day of `instant`, `days` later. */
  at(instant: number, days: number, hour: number): number;
  /** 1 = Monday … 7 = Sunday, local. */
  weekday(instant: number): number;
}

/** The calendar of an IANA zone; an unknown one is treated as UTC. */
export function calendarOf(timezone: string): Calendar {
  const zone = IANAZone.isValidZone(timezone) ? IANAZone.create(timezone) : IANAZone.create('UTC');
  const american = timezone.startsWith('America/');
  const offsets = new Map<number, number>();
  // Zones change on the hour, and asking luxon is dear: one question per hour of the year.
  const offset = (instant: number): number => {
    const hour = Math.floor(instant / HOUR);
    const known = offsets.get(hour) ?? zone.offset(hour * HOUR) * MINUTE;
    offsets.set(hour, known);
    return known;
  };
  const local = (instant: number): number => instant + offset(instant);
  const dayOf = (instant: number): number => Math.floor(local(instant) / DAY);
  // The offset at noon of the day: good for every working hour, since zones change at night.
  const instantOf = (day: number, timeOfDay: number): number => day * DAY + timeOfDay - offset(day * DAY + DAY / 2);
  const works = (day: number): boolean => weekdayOf(day) <= 5 && !isHoliday(day, american);
  return {
    isWorkingDay: (instant) => works(dayOf(instant)),
    isWorkingTime: (instant) => {
      const time = local(instant) - dayOf(instant) * DAY;
      return works(dayOf(instant)) && time >= OPENS && time < CLOSES;
    },
    after: (instant, workingHours) => {
      let day = dayOf(instant);
      let time = Math.max(OPENS, local(instant) - day * DAY);
      let left = workingHours * HOUR;
      for (;;) {
        if (works(day) && time < CLOSES) {
          if (time + left < CLOSES) return instantOf(day, time + left);
          left -= CLOSES - time;
        }
        day += 1;
        time = OPENS;
      }
    },
    at: (instant, days, hour) => instantOf(dayOf(instant) + days, hour * HOUR),
    weekday: (instant) => weekdayOf(dayOf(instant)),
  };
}

function weekdayOf(day: number): number {
  return ((((day + 3) % 7) + 7) % 7) + 1;
}

function isHoliday(day: number, american: boolean): boolean {
  const date = new Date(day * DAY);
  const [month, dayOfMonth] = [date.getUTCMonth() + 1, date.getUTCDate()];
  if ((month === 12 && dayOfMonth >= 24) || (month === 1 && dayOfMonth <= 2)) return true;
  if (american) {
    if (month === 7 && dayOfMonth === 4) return true;
    return (
      month === 11 &&
      weekdayOf(day) >= 4 &&
      weekdayOf(day) <= 5 &&
      dayOfMonth - weekdayOf(day) + 4 >= 22 &&
      dayOfMonth <= 29
    );
  }
  if ((month === 5 && dayOfMonth === 1) || (month === 10 && dayOfMonth === 3)) return true;
  const easter = easterSunday(date.getUTCFullYear());
  return day === easter - 2 || day === easter + 1;
}

/** Day number (since 1970-01-01) of Easter Sunday, Gregorian; the anonymous algorithm. */
function easterSunday(year: number): number {
  const a = year % 19;
  const b = Math.floor(year / 100);
  const c = year % 100;
  const h = (19 * a + b - Math.floor(b / 4) - Math.floor((b - Math.floor((b + 8) / 25) + 1) / 3) + 15) % 30;
  const l = (32 + 2 * (b % 4) + 2 * Math.floor(c / 4) - h - (c % 4)) % 7;
  const m = Math.floor((a + 11 * h + 22 * l) / 451);
  const month = Math.floor((h + l - 7 * m + 114) / 31);
  return Date.UTC(year, month - 1, ((h + l - 7 * m + 114) % 31) + 1) / DAY;
}
